/**
 * Files that are not what a reader wanted: each kind of the table, by every way a person hands one over, is refused in
 * the table's sentence. Kinds of public bug reports, and two more of each.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { readManifest } from '../../../src/main/datasets/manifest.ts';
import { writeSafetensors } from '../../../src/main/files/safetensors.ts';
import { readUserText } from '../../../src/main/files/user-file.ts';
import { readJson } from '../../../src/main/files/user-json.ts';
import { sniffFormat } from '../../../src/main/images/sniff.ts';
import { openDiffusionModel } from '../../../src/main/models/diffusion/model-folder.ts';
import { openClipTokenizer } from '../../../src/main/models/diffusion/tokenizer-folder.ts';
import { examineModel } from '../../../src/main/models/examine.ts';
import { readLabels } from '../../../src/main/models/labels.ts';
import { readEmbeddingFile, readLoraFile } from '../../../src/main/models/lora-file.ts';
import { tempFolder } from '../support/catalogs.ts';
import { writeClassifier } from '../support/pictures.ts';
import { writeTinyDiffusion } from '../support/tiny-diffusion.ts';

const folder = tempFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const pointer = (size: number) =>
  `version https://git-lfs.github.com/spec/v1\noid sha256:${'4d7a2146'.repeat(8)}\nsize ${size}\n`;
const latin1 = (text: string) => Buffer.from(text, 'latin1');
/** The head of a ZIP whose first entry has that name. */
const zip = (entry: string) => {
  const head = Buffer.alloc(30);
  head.write('PK\u0003\u0004', 'latin1');
  head.writeUInt16LE(entry.length, 26);
  return Buffer.concat([head, Buffer.from(entry), Buffer.alloc(64)]);
};
const tar = () => {
  const bytes = Buffer.alloc(1024);
  bytes.write('model.safetensors');
  bytes.write('ustar', 257);
  return bytes;
};

/** Of each kind: what is said of it, and files that are one. */
const kinds: Record<string, [says: RegExp, ...files: (string | Buffer)[]]> = {
  'Git LFS pointer': [
    /a Git LFS pointer, not the file itself; run `git lfs pull`/,
    pointer(44669360),
    pointer(12),
    'version https://hawser.github.com/spec/v1\noid sha256:0\nsize 1\n',
  ],
  'git-annex pointer': [
    /a git-annex pointer/,
    '/annex/objects/SHA256E-s4--ab.safetensors\n',
    '../.git/annex/objects/x/y/SHA256E-s4--ab',
  ],
  'web page': [
    /a web page \(HTML\), not the file itself; download it again/,
    '<!DOCTYPE html><html><title>Sign in</title></html>',
    '\n  <html lang="en"><body>404</body>',
    '\ufeff<!-- saved from a site --><HTML>',
  ],
  'XML error': [
    /an XML text, often the error message of a download/,
    '<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>',
    '<Error><Code>NoSuchKey</Code></Error>',
  ],
  ZIP: [/a ZIP archive; unpack it/, zip('model/readme.txt'), zip('weights.onnx'), latin1('PK\u0005\u0006')],
  'PyTorch checkpoint': [
    /a PyTorch checkpoint \(a Python pickle\).*use the \.safetensors file/,
    zip('archive/data.pkl'),
    zip('model/.format_version'),
  ],
  pickle: [
    /a Python pickle, which can run any program when it is opened and is never read/,
    latin1('\x80\x02}q\x00X\x05\x00\x00\x00model'),
    latin1('\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00}'),
    latin1('\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.'),
  ],
  archive: [
    /a compressed archive; unpack it/,
    gzipSync('weights'),
    tar(),
    latin1('7z\xbc\xaf\x27\x1c\0\x04'),
  ],
  GGUF: [/a GGUF file, of quantised weights/, latin1('GGUF\x03\0\0\0'), latin1('GGUF\x02\0\0\0abcdef')],
  HDF5: [
    /an HDF5 file, as Keras saves models; export the model to ONNX/,
    latin1('\x89HDF\r\n\x1a\n\0'),
    latin1('\x89HDF\r\n\x1a\n\x02'),
  ],
  'Keras archive': [/a Keras model; export the model to ONNX/, zip('metadata.json'), zip('config.json')],
  'TensorFlow Lite': [
    /a TensorFlow Lite model/,
    latin1('\x1c\0\0\0TFL3\x14\0'),
    latin1('\x20\0\0\0TFL3\0\0'),
  ],
  'NumPy array': [/a NumPy/, latin1('\x93NUMPY\x01\0v\0'), zip('arr_0.npy')],
  'SQLite database': [
    /an SQLite database/,
    latin1('SQLite format 3\0\x10\0'),
    latin1('SQLite format 3\0\x02\0'),
  ],
  PDF: [/a PDF/, '%PDF-1.7\n%\u00e2', '%PDF-1.4\n'],
};

let count = 0;
/** A folder of its own for one file of that name. */
function put(name: string, bytes: string | Buffer): string {
  const at = join(folder, String(count++), name);
  mkdirSync(dirname(at), { recursive: true });
  writeFileSync(at, bytes);
  return at;
}

const problemsOf = async (path: string) => {
  const { usable, problems } = await examineModel(path);
  expect(usable).toBe(false);
  throw new Error(problems.join(' '));
};

/** Every way in: the name that the file is given under, and what reads it. */
const ways: Record<string, [name: string, read: (file: string) => unknown]> = {
  'models check of .safetensors': ['m.safetensors', problemsOf],
  'models check of .onnx': ['m.onnx', problemsOf],
  'models check of another name': ['m.model', problemsOf],
  LoRA: ['l.safetensors', readLoraFile],
  embedding: ['e.safetensors', readEmbeddingFile],
  config: ['config.json', readJson],
  tokenizer: ['tokenizer.json', (file) => openClipTokenizer(dirname(file))],
  labels: ['labels.txt', readLabels],
  manifest: ['m.csv', (file) => readManifest(file, { onFound: () => {}, onSkipped: () => {} } as never)],
  'factors and prompts': ['f.jsonl', (file) => readUserText(file, { wanted: 'text' })],
};

describe.each(Object.entries(kinds))('%s', (_, [says, ...files]) => {
  it.each(Object.entries(ways))('as %s', async (_way, [name, read]) => {
    for (const bytes of files) await expect(async () => await read(put(name, bytes))).rejects.toThrow(says);
  });
  it('as an image', () => {
    for (const bytes of files) {
      const told = sniffFormat(Buffer.from(bytes));
      expect(told.format).toBeNull();
      expect('reason' in told && told.reason).not.toMatch(/^not an image$/);
    }
  });
});

describe('by name, where the bytes tell nothing', () => {
  it.each([
    ['a.ckpt', /a Python pickle by its name/],
    ['b.PT', /a Python pickle by its name/],
    ['c.bin', /a Python pickle by its name/],
    ['model.safetensors.crdownload', /an unfinished download; let it end/],
    ['model.onnx.part', /an unfinished download/],
    ['x.incomplete', /an unfinished download/],
    ['frozen.pb', /a TensorFlow graph; export the model to ONNX/],
    ['flax_model.msgpack', /Flax's weights/],
  ])('%s', async (name, says) => {
    await expect(problemsOf(put(name, latin1('\x01\x02\x00\xff')))).rejects.toThrow(says);
  });
});

describe('under another name', () => {
  it.each([
    ['notes.safetensors', 'just a text', /a text file/],
    ['config.onnx', '{"model_type": "vit"}', /JSON text; name the model itself/],
    ['config.safetensors', '[1, 2]', /JSON text/],
    ['cut.safetensors', `[${'{"a": [true, -1.5e3]}, '.repeat(40)}`, /JSON text/],
    ['ini.safetensors', '[section]\nkey = 1', /a text file/],
    ['bracket.model', latin1('[\x01\x02\xff'), /no model that Crux knows/],
    ['bracket.model', latin1('[\xff\xfe\xfd'), /no model that Crux knows|a text file/],
    ['zeros.onnx', Buffer.alloc(1000), /a file of zeros.*download it again/],
    ['zeros.safetensors', Buffer.alloc(1000), /a file of zeros.*download it again/],
    ['zeros.safetensors', Buffer.alloc(12), /a file of zeros.*download it again/],
    ['photo.onnx', latin1('\xff\xd8\xff\xe0\0\x10JFIF'), /an image/],
    ['empty.safetensors', '', /an empty file/],
    ['empty.onnx', '', /an empty file/],
  ])('%s', async (name, bytes, says) => {
    await expect(problemsOf(put(name, bytes))).rejects.toThrow(says);
  });

  it('our own formats under each other’s', async () => {
    const weights = join(folder, 'weights.onnx');
    writeSafetensors(weights, { a: { shape: [1], data: Float32Array.of(1) } });
    await expect(problemsOf(weights)).rejects.toThrow(
      /a safetensors file; give it the extension \.safetensors/,
    );
    const onnx = put('graph.safetensors', readFileSync(writeClassifier(join(folder, 'graph.onnx'))));
    await expect(problemsOf(onnx)).rejects.toThrow(/an ONNX model; give it the extension \.onnx/);
  });
});

describe('what a site answered in place of the file', () => {
  it.each([
    '{"error":"Repository not found"}',
    '{"message": "Not Found", "documentation_url": "https://x.org", "status": "404"}',
    '{"error":{"code":403,"message":"Forbidden"}}',
    'Entry not found',
    '404: Not Found',
    'Invalid username or password.\n',
  ])('%s', async (answer) => {
    for (const name of ['model.safetensors', 'model.onnx', 'm.model'])
      await expect(problemsOf(put(name, answer))).rejects.toThrow(
        /error message of a download.*download it again/,
      );
  });
  it('a config or a table of labels with such words is none', () => {
    expect(readJson(put('config.json', '{"error": 0, "success": 1}'))).toEqual({ error: 0, success: 1 });
    expect(readLabels(put('labels.txt', 'not found\n'))).toEqual(['not found']);
  });
  it.each(['{"path":"img/0.png","reason":"dog","type":"x"}', '{"path":"IMG/0.JPEG","message":"a dog"}\n'])(
    'a manifest of one row with such words is none: %s',
    async (row) => {
      const found: string[] = [];
      const file = put('rows.json', row);
      const { path } = JSON.parse(row) as { path: string };
      mkdirSync(dirname(join(dirname(file), path)), { recursive: true });
      writeFileSync(join(dirname(file), path), '');
      await readManifest(file, {
        onFound: async ({ relativePath }) => void found.push(relativePath),
        onSkipped: async () => {},
      });
      expect(found).toEqual([path]);
    },
  );
  it('the answer for a path that is no image is one', async () => {
    const file = put('rows.json', '{"status":404,"error":"Not Found","path":"/data/rows.json"}');
    await expect(readManifest(file, { onFound: async () => {}, onSkipped: async () => {} })).rejects.toThrow(
      /error message of a download/,
    );
  });
});

it('an unfinished download is told by its name, though it begins as the whole file', async () => {
  const weights = join(folder, 'whole.safetensors');
  writeSafetensors(weights, { a: { shape: [1], data: Float32Array.of(1) } });
  const onnx = readFileSync(writeClassifier(join(folder, 'whole.onnx')));
  for (const file of [
    put('model.safetensors.crdownload', readFileSync(weights)),
    put('model.onnx.part', onnx),
    put('MODEL.ONNX.PART', onnx),
    put('config.json.part', '{"model_type": "vit"}'),
    put('empty.onnx.part', ''),
  ])
    await expect(problemsOf(file)).rejects.toThrow(
      /an unfinished download; let it end, or download it again/,
    );
});

describe('weights that are no embedding', () => {
  const layers = {
    'vit.embeddings.cls_token': { shape: [1, 1, 2], data: new Float32Array(2) },
    'classifier.weight': { shape: [2, 2], data: new Float32Array(4) },
  };
  const { 'classifier.weight': flat } = layers;
  it.each([
    ['of a network', layers],
    ['of layers of one and two axes', { 'head.weight': flat }],
  ])('%s beside their config are named by their folder', async (_, tensors) => {
    const at = dirname(put('config.json', '{"model_type": "vit"}'));
    writeSafetensors(join(at, 'model.safetensors'), tensors);
    await expect(problemsOf(join(at, 'model.safetensors'))).rejects.toThrow(
      `config.json beside it describes; choose their folder, ${at}`,
    );
    rmSync(join(at, 'config.json'));
    await expect(problemsOf(join(at, 'model.safetensors'))).rejects.toThrow(
      /its tensors \(.*\) are not of .* need its config\.json beside them/,
    );
  });
  it('of a part of a Diffusers folder are named by the whole', async () => {
    const at = join(folder, 'whole diffusion');
    writeTinyDiffusion(at);
    const unet = readdirSync(join(at, 'unet')).find((name) => name.endsWith('.safetensors'))!;
    await expect(problemsOf(join(at, 'unet', unet))).rejects.toThrow(
      `is the U-Net of a model alone; choose its folder, ${at}`,
    );
  });
});

describe('a download that broke off', () => {
  it('of safetensors', async () => {
    const file = join(folder, 'cut.safetensors');
    writeSafetensors(file, { a: { shape: [64], data: new Float32Array(64) } });
    const whole = readFileSync(file);
    for (const bytes of [whole.length - 1, whole.length - 200, 20]) {
      writeFileSync(file, whole.subarray(0, bytes));
      await expect(problemsOf(file)).rejects.toThrow(/ends early.*download or copy it again/);
    }
  });
  it('of ONNX', async () => {
    const whole = readFileSync(writeClassifier(join(folder, 'cut.onnx')));
    for (const bytes of [whole.length - 10, Math.floor(whole.length / 2), 40])
      await expect(problemsOf(put('cut.onnx', whole.subarray(0, bytes)))).rejects.toThrow(
        /cut\.onnx: an ONNX file that ends early/,
      );
  });
});

describe('folders of other programs', () => {
  it.each([
    ['saved_model.pb', /a TensorFlow SavedModel; export the model to ONNX/],
    ['pytorch_model.bin', /a model saved by PyTorch \(a Python pickle\)/],
    ['checkpoint.pt', /a model saved by PyTorch/],
    ['model.h5', /a Keras model/],
    ['flax_model.msgpack', /Flax's weights/],
    ['model-q4.gguf', /GGUF files/],
    ['openvino_model.xml', /an OpenVINO model/],
    ['model.safetensors.part', /an unfinished download/],
  ])('with %s', async (name, says) => {
    await expect(problemsOf(dirname(put(name, 'x')))).rejects.toThrow(says);
    const config = put('config.json', '{"model_type": "vit"}');
    writeFileSync(join(dirname(config), name), 'x');
    await expect(problemsOf(dirname(config))).rejects.toThrow(says);
  });

  it('a part of a Diffusers folder', () => {
    const at = join(folder, 'diffusion');
    writeTinyDiffusion(at);
    const unet = join(at, 'unet');
    const weights = join(unet, readdirSync(unet).find((name) => name.endsWith('.safetensors'))!);
    writeFileSync(weights, pointer(3438167536));
    expect(() => openDiffusionModel(at)).toThrow(/unet.*a Git LFS pointer/);
    rmSync(weights);
    writeFileSync(join(unet, 'diffusion_pytorch_model.bin'), 'x');
    expect(() => openDiffusionModel(at)).toThrow(/unet: a model saved by PyTorch/);
  });

  it('a folder for a file, and a file for a folder', async () => {
    mkdirSync(join(folder, 'folder.safetensors'));
    expect(() => readLoraFile(join(folder, 'folder.safetensors'))).toThrow(/no LoRA in this folder/);
    expect(() => readEmbeddingFile(join(folder, 'folder.safetensors'))).toThrow(/a folder, not a file/);
    await expect(problemsOf(put('model_index.json', '{"_class_name": "X"}'))).rejects.toThrow(
      /the folder that it describes/,
    );
  });
});
