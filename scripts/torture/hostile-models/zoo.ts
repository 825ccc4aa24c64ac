/**
 * Owns the hostile models: every form of model that Crux reads, each with one thing in it that should end or stall whoever
 * reads it. A specimen is made when it is its turn, so that sparse gigabytes do not lie beside each other.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeClassifier } from '../../../test/main/support/pictures.ts';
import { writeTinyDiffusion } from '../../../test/main/support/tiny-diffusion.ts';
import { header, onnxWith, safetensors } from './bytes.ts';

export interface Specimen {
  /** What is wrong with it, and where. */
  name: string;
  /** Writes it into an empty folder. @returns the path that a person would name. */
  make(folder: string): string;
  /** What the answer must name. */
  says: RegExp;
}

const GIGABYTE = 2 ** 30;
const escaped = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

function put(file: string, content: string | Uint8Array): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}

/** Things that a name may lead to in place of a file. */
const notFiles: Record<string, (file: string) => void> = {
  'a named pipe': (file) => execFileSync('mkfifo', [file]),
  'a folder': (file) => mkdirSync(file),
  'a link to itself': (file) => symlinkSync(file, file),
  'a link to nothing': (file) => symlinkSync(`${file}.gone`, file),
  'a link to /dev/zero': (file) => symlinkSync('/dev/zero', file),
};

/** Contents of a JSON file that are none, or too much. */
const badJson: Record<string, (file: string) => void> = {
  'a million brackets': (file) => put(file, '['.repeat(1e6) + ']'.repeat(1e6)),
  'a million objects in each other': (file) => put(file, '{"a":'.repeat(1e6)),
  'a gigabyte of zeros': (file) => {
    put(file, '');
    truncateSync(file, GIGABYTE);
  },
  'no content': (file) => put(file, ''),
  'half of itself': (file) => truncateSync(file, Math.floor(readFileSync(file).length / 2)),
  null: (file) => put(file, 'null'),
  'a list': (file) => put(file, '[1]'),
};

/** Numbers as they are written in JSON: 1e999 is one. */
const badFields: Record<string, Record<string, string[]>> = {
  'unet/config.json': {
    layers_per_block: ['1e9', '0', '1.5'],
    block_out_channels: ['[1000000000,1000000000]', JSON.stringify(Array(1e5).fill(8)), '[]', '"8"'],
    in_channels: ['1e9', '-4'],
    cross_attention_dim: ['1e12'],
    attention_head_dim: ['1e9', '0'],
    norm_num_groups: ['1e9', '0'],
    norm_eps: ['1e999', '-1'],
    sample_size: ['1e9', '1e999'],
    freq_shift: ['1e308'],
    down_block_types: [JSON.stringify(Array(1e5).fill('DownBlock2D'))],
    _class_name: [JSON.stringify('x'.repeat(1e6))],
  },
  'vae/config.json': {
    layers_per_block: ['1e9'],
    latent_channels: ['1e9'],
    block_out_channels: [JSON.stringify(Array(60).fill(8))],
    scaling_factor: ['1e999', '0', '-1'],
  },
  'text_encoder/config.json': {
    num_hidden_layers: ['1e9'],
    max_position_embeddings: ['1e9', '100000'],
    vocab_size: ['1e12'],
    hidden_size: ['1e9'],
    num_attention_heads: ['1e9'],
    layer_norm_eps: ['1e999'],
  },
  'scheduler/scheduler_config.json': {
    num_train_timesteps: ['0', '-1', '1e12', '1.5', '"many"', '1e999'],
    beta_start: ['1e999', '-1'],
    beta_end: ['1e999'],
    steps_offset: ['1e12'],
    trained_betas: [JSON.stringify(Array(2e6).fill(0.5)), '[1e999]', '"half"'],
  },
};

const configs = [...Object.keys(badFields), 'model_index.json', 'tokenizer/vocab.json'];
const weights = [
  'unet/diffusion_pytorch_model.safetensors',
  'vae/diffusion_pytorch_model.safetensors',
  'text_encoder/model.safetensors',
];

/** Contents of a safetensors file; `more` is what stands behind the header. */
const badWeights: Record<string, (file: string) => void> = {
  'a header of 2^63 bytes': (file) => put(file, header(2n ** 63n, '{}')),
  'a header of 90 MB of brackets': (file) => put(file, header(90_000_000n, '{"a":'.padEnd(90_000_000, '['))),
  'a header longer than the file': (file) => put(file, header(1000n, '{}')),
  'a million tensors': (file) => {
    const entries = Array.from(
      { length: 1e6 },
      (_, i) => `"${i}":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`,
    );
    put(file, safetensors(`{${entries.join()}}`));
  },
  'a tensor twice': (file) => {
    const entry = '"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}';
    put(file, safetensors(`{${entry},${entry}}`, 1));
  },
  'offsets outside of the file': (file) =>
    put(
      file,
      safetensors('{"a":{"dtype":"U8","shape":[9007199254740991],"data_offsets":[0,9007199254740991]}}', 1),
    ),
  'tensors over each other': (file) => {
    const entry = '{"dtype":"U8","shape":[2],"data_offsets":[0,2]}';
    put(file, safetensors(`{"a":${entry},"b":${entry}}`, 2));
  },
  'a shape whose product is beyond every number': (file) =>
    put(
      file,
      safetensors('{"a":{"dtype":"U8","shape":[4294967296,4294967296,4294967296],"data_offsets":[0,1]}}', 1),
    ),
  'a shape of a thousand axes': (file) =>
    put(file, safetensors(`{"a":{"dtype":"U8","shape":[${Array(1000).fill(1)}],"data_offsets":[0,1]}}`, 1)),
  'a negative size': (file) =>
    put(file, safetensors('{"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}}', 1)),
  'an unknown type': (file) =>
    put(file, safetensors('{"a":{"dtype":"__proto__","shape":[1],"data_offsets":[0,1]}}', 1)),
  'no tensor': (file) => put(file, safetensors('{}')),
  'half of itself': (file) => truncateSync(file, Math.floor(readFileSync(file).length / 2)),
  'a gigabyte of zeros': (file) => {
    put(file, '');
    truncateSync(file, GIGABYTE);
  },
  'no content': (file) => put(file, ''),
};

type Damage = (folder: string) => void;

/** @param base a sound model, copied for each. */
function* damaged(
  base: string,
  file: string,
  ways: Record<string, (file: string) => void>,
  replace = false,
): Generator<Specimen> {
  for (const [what, damage] of Object.entries(ways)) {
    yield copyOf(base, `${file} is ${what}`, new RegExp(escaped(file.split('/').at(-1)!)), (folder) => {
      const path = join(folder, file);
      if (replace) rmSync(path);
      damage(path);
    });
  }
}

const copyOf = (base: string, name: string, says: RegExp, damage: Damage): Specimen => ({
  name,
  says,
  make(folder) {
    const copy = join(folder, 'model');
    cpSync(base, copy, { recursive: true });
    damage(copy);
    return copy;
  },
});

function withField(path: string, field: string, value: string): void {
  const json = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  const marker = '@@value@@';
  put(
    path,
    JSON.stringify({ ...json, [field]: marker }).replace(`"${marker}"`, () => value),
  );
}

function* diffusionFolders(scratch: string): Generator<Specimen> {
  const base = join(scratch, 'sound-diffusion');
  writeTinyDiffusion(base);
  for (const [file, fields] of Object.entries(badFields)) {
    for (const [field, values] of Object.entries(fields)) {
      for (const value of values) {
        const short = value.length > 30 ? `${value.slice(0, 30)}...` : value;
        yield copyOf(base, `${file}: ${field} ${short}`, new RegExp(field), (folder) =>
          withField(join(folder, file), field, value),
        );
      }
    }
  }
  for (const file of configs) {
    yield* damaged(base, file, notFiles, true);
    // What is not read of it is no harm: an index only names the pipeline.
    const ways = file === 'model_index.json' ? without(badJson, 'null', 'a list') : badJson;
    yield* damaged(base, file, ways);
  }
  for (const file of weights) {
    yield* damaged(base, file, notFiles, true);
    yield* damaged(base, file, badWeights);
  }
  yield* damaged(base, 'tokenizer/merges.txt', notFiles, true);
  yield* damaged(base, 'tokenizer/merges.txt', {
    'a gigabyte of zeros': badJson['a gigabyte of zeros'],
  });
  const tokenizers: Record<string, Damage> = {
    'two million tokens': (folder) => {
      const entries = Array.from({ length: 2e6 }, (_, i) => `"${i}":${i}`);
      put(join(folder, 'tokenizer/vocab.json'), `{${entries.join()}}`);
    },
    'an id of 1e300': (folder) => withField(join(folder, 'tokenizer/vocab.json'), 'a', '1e300'),
    'an id that is a text': (folder) => withField(join(folder, 'tokenizer/vocab.json'), 'a', '"a"'),
    'two million merges': (folder) => put(join(folder, 'tokenizer/merges.txt'), 'a b\n'.repeat(2e6)),
  };
  for (const [what, damage] of Object.entries(tokenizers)) {
    yield copyOf(base, `tokenizer with ${what}`, /tokenizer/, damage);
  }
  const shards: Record<string, string> = {
    'a shard above the folder': '"../../x.safetensors"',
    'a shard that is no name': '{"a":1}',
    'a shard that is not there': '"gone.safetensors"',
  };
  for (const [what, shard] of Object.entries(shards)) {
    yield copyOf(base, `index of shards with ${what}`, /safetensors/, (folder) => {
      rmSync(join(folder, weights[0]));
      put(join(folder, `${weights[0]}.index.json`), `{"weight_map":{"a":${shard}}}`);
    });
  }
}

const without = <T>(all: Record<string, T>, ...names: string[]): Record<string, T> =>
  Object.fromEntries(Object.entries(all).filter(([name]) => !names.includes(name)));

/** One file that is a model, or is called like one. */
function* singleFiles(): Generator<Specimen> {
  for (const name of ['model.safetensors', 'model.onnx']) {
    for (const [what, damage] of Object.entries(notFiles)) {
      if (what === 'a folder' || what === 'a link to nothing') continue; // of which there are sentences already
      yield {
        name: `${name} is ${what}`,
        says: new RegExp(escaped(name)),
        make: (folder) => made(join(folder, name), damage),
      };
    }
  }
  for (const [what, damage] of Object.entries(without(badWeights, 'half of itself'))) {
    yield {
      name: `model.safetensors is ${what}`,
      says: /model\.safetensors/,
      make: (folder) => made(join(folder, 'model.safetensors'), damage),
    };
  }
  yield {
    name: 'LoRA of rank 0',
    says: /lora_unet|rank/,
    make: (folder) =>
      made(join(folder, 'lora.safetensors'), (file) => {
        const pair = (role: string, shape: string) =>
          `"unet.a.lora_${role}.weight":{"dtype":"F32","shape":${shape},"data_offsets":[0,0]}`;
        put(file, safetensors(`{${pair('A', '[0,8]')},${pair('B', '[8,0]')}}`));
      }),
  };
}

function made(file: string, damage: (file: string) => void): string {
  damage(file);
  return file;
}

function* onnxFiles(): Generator<Specimen> {
  const bombs: Record<string, [(folder: string) => Uint8Array, RegExp]> = {
    'no ONNX': [() => Buffer.from('this is a text'), /a text file/],
    'cut in the middle': [(folder) => halfOf(writeClassifier(join(folder, 'sound.onnx'))), /ONNX/],
    'weights in a named pipe': [
      (folder) => {
        execFileSync('mkfifo', [join(folder, 'weights')]);
        return onnxWith({ location: 'weights', offset: 0, length: 16 });
      },
      /weights/,
    ],
    'weights that are not there': [() => onnxWith({ location: 'gone', offset: 0, length: 16 }), /gone/],
    'weights above the folder': [
      () => onnxWith({ location: '../../../../../etc/passwd', offset: 0, length: 16 }),
      /etc\/passwd/,
    ],
    'weights at an absolute path': [
      () => onnxWith({ location: '/etc/passwd', offset: 0, length: 16 }),
      /etc\/passwd/,
    ],
    'weights beyond the end of their file': [
      (folder) => {
        put(join(folder, 'weights'), new Uint8Array(8));
        return onnxWith({ location: 'weights', offset: 2 ** 50, length: 16 });
      },
      /weights/,
    ],
    'a constant of 2^48 numbers to be computed': [() => onnxWith(null, [2 ** 24, 2 ** 24]), /input/],
  };
  for (const [what, [bytes, says]] of Object.entries(bombs)) {
    yield {
      name: `model.onnx: ${what}`,
      says,
      make: (folder) => made(join(folder, 'model.onnx'), (file) => put(file, bytes(folder))),
    };
  }
  yield {
    name: 'model.onnx is a gigabyte of zeros',
    says: /ONNX/,
    make: (folder) => made(join(folder, 'model.onnx'), badJson['a gigabyte of zeros']),
  };
  yield {
    name: 'labels beside an ONNX file are a named pipe',
    says: /labels/,
    make(folder) {
      execFileSync('mkfifo', [join(folder, 'model.labels.txt')]);
      return writeClassifier(join(folder, 'model.onnx'));
    },
  };
}

const halfOf = (file: string): Uint8Array => {
  const bytes = readFileSync(file);
  return bytes.subarray(0, bytes.length / 2);
};

/** Folders of other kinds: an image network, a captioner, a difficulty model. */
function* otherFolders(scratch: string): Generator<Specimen> {
  const crux = {
    _class_name: 'CruxResnet',
    widths: [8],
    depths: [1],
    in_channels: 3,
    num_classes: 1,
    image_size: 8,
    labels: ['a'],
  };
  const network =
    (config: string): Damage =>
    (folder) => {
      put(join(folder, 'config.json'), config);
      put(join(folder, 'model.safetensors'), safetensors('{}'));
    };
  const changed = (field: string, value: string) =>
    JSON.stringify({ ...crux, [field]: '@' }).replace('"@"', () => value);
  const timm = (value: string) =>
    `{"architecture":"resnet18","input_size":${value},"crop_pct":1e999,"mean":[0,0,0],"std":[0,0,0]}`;
  const kinds: Record<string, [Damage, RegExp]> = {
    'a network of widths [1e12]': [network(changed('widths', '[1000000000000]')), /widths/],
    'a network of a billion blocks': [network(changed('depths', '[1000000000]')), /depths/],
    'a network for pictures of 1e9 pixels': [network(changed('image_size', '1e9')), /image_size/],
    'a network of a million stages': [
      network(changed('widths', JSON.stringify(Array(1e6).fill(8)))),
      /widths/,
    ],
    'timm without tensors': [network(timm('[3,1000000000,1000000000]')), /model|conv1/],
    'CLIP of 1e9 layers': [
      network(
        '{"model_type":"clip_vision_model","hidden_size":8,"intermediate_size":8,"num_hidden_layers":1e9,"num_attention_heads":1}',
      ),
      /num_hidden_layers/,
    ],
    'ViT of 1e9 layers': [
      network(
        '{"model_type":"vit","image_size":8,"patch_size":1,"hidden_size":8,"num_hidden_layers":1e9,"num_attention_heads":1,"intermediate_size":8}',
      ),
      /num_hidden_layers/,
    ],
    'a difficulty model with a hidden layer of 1e12': [
      (folder) =>
        put(
          join(folder, 'crux_adapter.json'),
          JSON.stringify({
            format: 1,
            kind: 'difficulty',
            baseModelId: 'x',
            baseModelHash: 'x',
            classes: ['a'],
            prompt: '',
            scorer: { name: '', modelHash: '' },
            lora: { rank: 4, alpha: 4 },
            encoder: {
              classes: 1,
              width: 8,
              tokens: 1,
              hidden: 1e12,
              labelEncoding: 'one-hot',
              placement: 'append',
            },
            steps: 1,
            finalLoss: 0,
          }),
        ),
      /hidden/,
    ],
    'a captioner of texts of 1e12 tokens': [
      (folder) => {
        for (const file of ['encoder_model.onnx', 'decoder_model.onnx']) writeClassifier(join(folder, file));
        put(join(folder, 'config.json'), '{"max_length":1000000000000,"eos_token_id":1,"bos_token_id":0}');
        put(join(folder, 'vocab.json'), '{}');
        put(join(folder, 'preprocessor_config.json'), '{"size":8,"image_mean":[0,0,0],"image_std":[1,1,1]}');
      },
      /max_length/,
    ],
    'a captioner whose encoder is a named pipe': [
      (folder) => {
        mkdirSync(folder, { recursive: true });
        execFileSync('mkfifo', [join(folder, 'encoder_model.onnx')]);
        writeClassifier(join(folder, 'decoder_model.onnx'));
        put(join(folder, 'config.json'), '{"eos_token_id":1,"bos_token_id":0}');
        put(join(folder, 'vocab.json'), '{}');
        put(
          join(folder, 'preprocessor_config.json'),
          '{"size":8,"resample":2,"image_mean":[0,0,0],"image_std":[1,1,1]}',
        );
      },
      /encoder_model\.onnx/,
    ],
  };
  const base = join(scratch, 'nothing');
  mkdirSync(base, { recursive: true });
  for (const [what, [damage, says]] of Object.entries(kinds)) yield copyOf(base, what, says, damage);
  const sound = join(scratch, 'sound-network');
  network(JSON.stringify(crux))(sound);
  yield* damaged(
    sound,
    'config.json',
    { ...without(notFiles, 'a link to nothing', 'a link to itself') },
    true,
  );
  yield* damaged(sound, 'config.json', badJson);
}

/** @param scratch an empty folder for what specimens are copied from. */
export function* zoo(scratch: string): Generator<Specimen> {
  yield* singleFiles();
  yield* onnxFiles();
  yield* otherFolders(scratch);
  yield* diffusionFolders(scratch);
}
