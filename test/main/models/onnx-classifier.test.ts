/**
 * ONNX classifiers as exporters write them: what is read of the file and of what lies beside it, inputs of every type and
 * layout, and a Softmax inside the graph, which is never applied twice.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeModel, type NodeData } from '../../../src/core/graph/onnx-proto.ts';
import * as c from '../../../src/main/catalog/index.ts';
import { softmaxOfColumns } from '../../../src/main/datasets/class-probabilities.ts';
import { addModel, checkModel } from '../../../src/main/engine/check-model.ts';
import { hashFile } from '../../../src/main/files/hash.ts';
import { examineModel } from '../../../src/main/models/examine.ts';
import { kindOfScores, openOnnxClassifier } from '../../../src/main/models/onnx-classifier.ts';
import { namesFrom } from '../../../src/main/models/onnx-labels.ts';
import { openEncoder } from '../../../src/main/models/open-encoder.ts';
import { readPreprocessor } from '../../../src/main/models/preprocessor-file.ts';
import { type OnnxClassifierSpec, onnxClassifierSpec } from '../../../src/shared/domain/model.ts';
import { tempFolder } from '../support/catalogs.ts';

const cpu = { provider: 'cpu', threads: 1 } as const;
const folder = tempFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const types = { f32: 1, u8: 2, i32: 6, f16: 10, f64: 11 } as const;

interface Tiny {
  input?: keyof typeof types;
  output?: keyof typeof types;
  layout?: 'NCHW' | 'NHWC';
  /** Free axes, by these names. */
  axes?: readonly string[];
  inputName?: string;
  outputName?: string;
  opset?: number;
  /** What follows the logits "z" (0.01 times the sum of each channel of an image of 0..255, as the file wants it). */
  after?: readonly NodeData[];
  metadata?: Record<string, string>;
  batch?: number | string;
}

const node = (
  op: string,
  input: string,
  output: string,
  attributes: NodeData['attributes'] = {},
): NodeData => ({
  op,
  inputs: [input],
  output,
  attributes,
});

/** Three classes: ten times the mean of each channel. */
function tiny(name: string, t: Tiny = {}): string {
  const { input = 'f32', output = 'f32', layout = 'NCHW', opset = 13 } = t;
  const sides = t.axes ?? (layout === 'NCHW' ? [3, 8, 8] : [8, 8, 3]);
  const out = t.outputName ?? 'out';
  const nodes: NodeData[] = [
    node('Cast', t.inputName ?? 'images', 'c', { to: { int: 1 } }),
    layout === 'NHWC'
      ? node('Transpose', 'c', 't', { perm: { ints: [0, 3, 1, 2] } })
      : node('Identity', 'c', 't'),
    node('GlobalAveragePool', 't', 'g'),
    node('Flatten', 'g', 'f'),
    { op: 'MatMul', inputs: ['f', 'W'], output: 'z', attributes: {} },
    ...(t.after ?? [node('Identity', 'z', 'scores')]),
    node('Cast', 'scores', out, { to: { int: types[output] } }),
  ];
  const scale = input === 'u8' ? 10 / 255 : 10;
  const weights = Float32Array.of(scale, 0, 0, 0, scale, 0, 0, 0, scale);
  const bytes = encodeModel({
    opset,
    nodes,
    initializers: [{ name: 'W', dims: [3, 3], dataType: 1, raw: new Uint8Array(weights.buffer) }],
    inputs: [{ name: t.inputName ?? 'images', dims: [t.batch ?? 'N', ...sides], dataType: types[input] }],
    outputs: [{ name: out, dims: [t.batch ?? 'N', 3], dataType: types[output] }],
  });
  const w = new BinaryWriter();
  for (const [key, value] of Object.entries(t.metadata ?? {})) {
    w.tag(14, 2).fork();
    w.tag(1, 2).string(key).tag(2, 2).string(value);
    w.join();
  }
  const file = join(folder, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, Buffer.concat([bytes, w.finish()]));
  return file;
}

const answers = { mean: [0, 0, 0], std: [1, 1, 1], resize: 'stretch', labels: ['r', 'g', 'b'] } as const;

/** What the check found, and the answers that it left open. */
async function open(file: string, more: Partial<OnnxClassifierSpec> = {}) {
  const found = await examineModel(file);
  expect(found.problems).toEqual([]);
  const spec = { ...answers, features: null, logits: 'out', ...found.onnx, ...more } as OnnxClassifierSpec;
  return openOnnxClassifier({ name: 'm', path: file, hash: await hashFile(file), spec }, cpu);
}

/** Two images of one colour each. */
const colours = [51, 102, 204, 255, 0, 128];
const images = Uint8Array.from({ length: 2 * 192 }, (_, i) => colours[3 * Math.floor(i / 192) + (i % 3)]);
const logits = colours.map((value) => value / 25.5);

async function scoresOf(file: string, more: Partial<OnnxClassifierSpec> = {}) {
  const encoder = await open(file, more);
  const out = await encoder.run(images, 2);
  await encoder.close();
  return { kind: encoder.scores, logits: [...out.logits!], features: [...out.features] };
}

const near = (a: readonly number[], b: readonly number[], by: number) => {
  expect(a.length).toBe(b.length);
  expect(Math.max(...a.map((v, i) => Math.abs(v - b[i])))).toBeLessThan(by);
};

describe('inputs and outputs', () => {
  it.each<[string, Tiny, number]>([
    ['float32, channels first', {}, 1e-5],
    ['channels last', { layout: 'NHWC' }, 1e-5],
    ['uint8, channels last', { input: 'u8', layout: 'NHWC' }, 1e-5],
    ['uint8, channels first', { input: 'u8' }, 1e-5],
    ['float16', { input: 'f16' }, 2e-2],
    ['float16, channels last', { input: 'f16', layout: 'NHWC' }, 2e-2],
    ['float16 outputs', { output: 'f16' }, 1e-2],
    ['float16 both ways', { input: 'f16', output: 'f16' }, 2e-2],
    ['float64 outputs', { output: 'f64' }, 1e-5],
    ['one image at a time', { batch: 1 }, 1e-5],
    ['opset 9', { opset: 9 }, 1e-5],
    ['opset 11', { opset: 11 }, 1e-5],
    ['opset 18', { opset: 18 }, 1e-5],
    ['opset 22', { opset: 22 }, 1e-5],
  ])('%s', async (name, model, by) => {
    const { kind, logits: got } = await scoresOf(tiny(`${name}.onnx`, model));
    expect(kind).toBe('logits');
    near(got, logits, by);
  });

  it('the names of free axes tell the layout, and bytes need no mean', async () => {
    const named = await examineModel(
      tiny('free.onnx', { axes: ['num_channels', 'height', 'width'], inputName: 'x' }),
    );
    expect(named.onnx).toMatchObject({ layout: 'NCHW' });
    expect(named.onnx).not.toHaveProperty('width');
    const last = await examineModel(tiny('last.onnx', { axes: ['h', 'w', 'channels'], layout: 'NHWC' }));
    expect(last.onnx).toMatchObject({ layout: 'NHWC' });
    const bytes = await examineModel(tiny('bytes.onnx', { input: 'u8' }));
    expect(bytes.onnx).toMatchObject({ mean: [0, 0, 0], std: [1 / 255, 1 / 255, 1 / 255] });
    await expect(open(tiny('bytes.onnx', { input: 'u8' }), { mean: [0.5, 0.5, 0.5] })).rejects.toThrow(
      /its input images is uint8, so bytes of 0 to 255 go in as they are/,
    );
  });

  it('what is no image, or comes in batches of another size, is refused', async () => {
    const whole = await examineModel(tiny('int.onnx', { input: 'i32' }));
    expect(whole.problems).toEqual([expect.stringMatching(/int32.*expected float32, float16 or uint8/)]);
    const eight = await examineModel(tiny('eight.onnx', { batch: 8 }));
    expect(eight.problems).toEqual([expect.stringMatching(/takes batches of 8 only/)]);
  });

  it('the middle is cut out of what was enlarged', async () => {
    const encoder = await open(tiny('crop.onnx'), { cropShare: 0.8, resize: 'crop', kernel: 'bilinear' });
    expect(encoder.preprocessing).toMatchObject({
      width: 8,
      height: 8,
      resize: { to: 'shortest', edge: 10 },
    });
    await encoder.close();
  });
});

describe('a Softmax in the graph', () => {
  const softmax = [node('Softmax', 'z', 'scores', { axis: { int: 1 } })];
  const wrapped = [
    node('Softmax', 'z', 's', { axis: { int: 1 } }),
    node('Identity', 's', 'i'),
    node('Unsqueeze', 'i', 'u', { axes: { ints: [2] } }),
    node('Flatten', 'u', 'scores'),
  ];
  /** No operator of that name: only what comes out tells. */
  const byHand = [
    node('Exp', 'z', 'e'),
    node('ReduceSum', 'e', 'sum', { axes: { ints: [1] } }),
    { op: 'Div', inputs: ['e', 'sum'], output: 'scores', attributes: {} },
  ];
  const loss = [node('LogSoftmax', 'z', 'scores', { axis: { int: 1 } })];
  const logged = [node('Softmax', 'z', 's', { axis: { int: 1 } }), node('Log', 's', 'scores')];

  it.each<[string, readonly NodeData[], string, RegExp]>([
    ['last', softmax, 'probabilities', /out holds probabilities \(a Softmax is part of the graph\)/],
    ['behind others', wrapped, 'probabilities', /out holds probabilities/],
    ['by hand', byHand, 'probabilities', /-> out/],
    ['LogSoftmax', loss, 'log-probabilities', /out holds log-probabilities/],
    ['log of it', logged, 'log-probabilities', /out holds log-probabilities/],
  ])('%s: the same probabilities as without it, also at a temperature', async (name, after, kind, says) => {
    const file = tiny(`${name}.onnx`, { after, opset: 11 });
    expect((await examineModel(file)).summary).toMatch(says);
    const without = await scoresOf(tiny('without.onnx', { opset: 11 }));
    const with_ = await scoresOf(file);
    expect(with_.kind).toBe(kind);
    const tempered = (values: readonly number[], t: number, columns: number[]) => [
      ...softmaxOfColumns(
        Float32Array.from(values, (v) => v / t),
        2,
        3,
        columns,
      ),
    ];
    for (const [t, columns] of [
      [1, [0, 1, 2]],
      [2.5, [0, 1, 2]],
      [0.5, [2, 0]],
    ] as const)
      near(tempered(with_.logits, t, [...columns]), tempered(without.logits, t, [...columns]), 2e-6);
    near(with_.features, with_.logits, 1e-12);
  });

  it('probabilities too small for their type are finite', async () => {
    const file = tiny('small.onnx', {
      after: [{ op: 'Mul', inputs: ['z', 'z'], output: 'm', attributes: {} }, node('Softmax', 'm', 'scores')],
      output: 'f16',
    });
    const { logits: got } = await scoresOf(file);
    expect(got.every(Number.isFinite)).toBe(true);
  });

  it('what only looks like it is left as it is', async () => {
    const relu = tiny('relu.onnx', { after: [node('Relu', 'z', 'scores')] });
    const got = await scoresOf(relu);
    expect(got.kind).toBe('logits');
    near(got.logits, logits, 1e-5);
  });

  describe('told by trial', () => {
    const constant = (value: number, output: string): NodeData => ({
      op: 'Constant',
      inputs: [],
      output,
      attributes: { value_float: { float: value } },
    });
    const two = (op: string, a: string, b: string, output: string): NodeData => ({
      op,
      inputs: [a, b],
      output,
      attributes: {},
    });
    const sigmoid = [
      node('Neg', 'z', 'n'),
      node('Exp', 'n', 'e'),
      constant(1, 'one'),
      two('Add', 'e', 'one', 'd'),
      two('Div', 'one', 'd', 'scores'),
    ];
    const times = (factor: number) => [
      node('Softmax', 'z', 's', { axis: { int: 1 } }),
      constant(factor, 'k'),
      two('Mul', 's', 'k', 'scores'),
    ];
    it.each<[string, readonly NodeData[], RegExp]>([
      ['a Sigmoid by hand', sigmoid, /output out gives values from 0 to 1 that do not sum to 1/],
      [
        'per cent',
        times(100),
        /always have the same sum, which is not 1.*Export the model without the factor/,
      ],
      ['halves', times(0.5), /always have the same sum, which is not 1/],
    ])('%s is refused', async (name, after, says) => {
      await expect(open(tiny(`${name}.onnx`, { after, opset: 13 }))).rejects.toThrow(says);
    });
    it('logits that are in [0,1] for all images are logits', async () => {
      const small = [constant(0.05, 'k'), two('Mul', 'z', 'k', 'scores')];
      expect((await scoresOf(tiny('small head.onnx', { after: small }))).kind).toBe('logits');
    });
    it('a bias does not hide logits', async () => {
      const biased = [constant(0.1, 'k'), two('Add', 'z', 'k', 'scores')];
      expect(
        (await examineModel(tiny('biased.onnx', { after: biased, outputName: 'logits' }))).summary,
      ).toContain('logits holds logits');
    });
    const row = (...values: number[]) => Float32Array.from(values);
    it.each<[string, Float32Array[], string]>([
      ['one class', [row(0.2), row(0.7)], 'logits'],
      ['hardly any change', [row(0.4, 2), row(0.4001, 2.0001)], 'logits'],
      ['negative', [row(0.4, -0.1), row(0.2, 0.1)], 'logits'],
      ['above 1', [row(0.4, 0.1), row(0.2, 1.5)], 'logits'],
      ['sums of 1 in half precision', [row(0.4, 0.6005), row(0.9, 0.1)], 'probabilities'],
      ['a sum of 255', [row(55, 200), row(254, 1)], 'scaled'],
      ['any sums', [row(0.4, 0.9), row(0.2, 0.1)], 'independent'],
    ])('values: %s', (_, rows, kind) => expect(kindOfScores(rows)).toBe(kind));
  });

  it('a Sigmoid is refused where scores are wanted, and says what to do', async () => {
    const file = tiny('multi.onnx', { after: [node('Sigmoid', 'z', 'scores')], outputName: 'logits' });
    const found = await examineModel(file);
    expect(found.problems).toEqual([expect.stringMatching(/ends in a Sigmoid: one independent probability/)]);
    expect(found.onnx).toBeNull();
    const spec = {
      ...answers,
      input: 'images',
      layout: 'NCHW',
      width: 8,
      height: 8,
      channels: 3,
      logits: 'logits',
      features: null,
    } as unknown as OnnxClassifierSpec;
    await expect(
      openOnnxClassifier({ name: 'm', path: file, hash: await hashFile(file), spec }, cpu),
    ).rejects.toThrow(/ends in a Sigmoid/);
  });
});

describe('class names', () => {
  it.each<[string, string, string[] | null]>([
    ['a Python dict', "{0: 'cat', 1: \"dog's\", 2: 'sea \\u00e9l\\'', }", ['cat', "dog's", "sea él'"]],
    ['a Python list', "['cat', 'dog', 'cow']", ['cat', 'dog', 'cow']],
    ['a tuple', "('cat', 'dog', 'cow',)", ['cat', 'dog', 'cow']],
    ['JSON', '["cat", "dog", "cow"]', ['cat', 'dog', 'cow']],
    ['JSON by number', '{"0": "cat", "2": "cow", "1": "dog"}', ['cat', 'dog', 'cow']],
    ['JSON by name', '{"cow": 2, "cat": 0, "dog": 1}', ['cat', 'dog', 'cow']],
    ['lines', 'cat\ndog\r\ncow', ['cat', 'dog', 'cow']],
    ['commas', 'cat, dog, cow', ['cat', 'dog', 'cow']],
    ['commas in one name', 'tench, Tinca tinca', null],
    ['a gap', '{"0": "cat", "2": "cow"}', null],
    ['no names', '[1, 2, 3]', null],
    ['a sentence', 'three classes', null],
  ])('in metadata as %s', (_, text, names) => expect(namesFrom(text, 3)).toEqual(names));

  it('of the file itself name its only output, and are said', async () => {
    const file = tiny('ultralytics.onnx', {
      metadata: { task: 'classify', names: "{0: 'cat', 1: 'dog', 2: 'cow'}" },
    });
    const found = await examineModel(file);
    expect(found.onnx).toMatchObject({ labels: ['cat', 'dog', 'cow'], logits: 'out', features: null });
    expect(found.summary).toContain("3 class names from the file's metadata (names)");
    const other = await examineModel(tiny('coco.onnx', { metadata: { names: "{0: 'cat'}" } }));
    expect(other.onnx).not.toHaveProperty('labels');
    expect(other.summary).toContain(
      "1 class names in the file's metadata (names) for 3 class scores: not used",
    );
  });

  it('of a label file beside it, if there are as many; those of its own name go first', async () => {
    const file = tiny('beside/net.onnx');
    writeFileSync(join(folder, 'beside/imagenet_labels.txt'), 'cat\ndog\n');
    const unfit = await examineModel(file);
    expect(unfit.summary).toContain('2 class names in imagenet_labels.txt for 3 class scores: not used');
    writeFileSync(join(folder, 'beside/labels.txt'), 'cat\ndog\ncow\n');
    expect((await examineModel(file)).summary).toContain('3 class names from labels.txt');
    writeFileSync(join(folder, 'beside/net.labels.txt'), 'ox\nyak\ngnu\n');
    expect((await examineModel(file)).onnx?.labels).toEqual(['ox', 'yak', 'gnu']);
  });
});

describe('folders', () => {
  const config = { model_type: 'x', id2label: { 0: 'cat', 1: 'dog', 2: 'cow' } };
  const prepared = {
    size: { height: 8, width: 8 },
    resample: 2,
    image_mean: [0, 0, 0],
    image_std: [1, 1, 1],
  };
  const beside = (name: string, preprocessor: object) => {
    writeFileSync(join(folder, name, 'config.json'), JSON.stringify(config));
    writeFileSync(join(folder, name, 'preprocessor_config.json'), JSON.stringify(preprocessor));
    return join(folder, name);
  };

  it.each<[string, string, Tiny]>([
    ['optimum', 'model.onnx', {}],
    ['transformers.js', 'onnx/model.onnx', { inputName: 'pixel_values', axes: ['b', 'c', 'd'] }],
    ['quantized', 'onnx/model_quantized.onnx', { output: 'f16' }],
  ])('as %s writes them are added without a question, and run', async (name, file, model) => {
    tiny(join(name, file), model);
    const at = beside(name, prepared);
    const found = await examineModel(at);
    expect([found.usable, found.problems, found.kind]).toEqual([true, [], 'classifier']);
    expect(found.summary).toContain('3 class names from config.json (id2label)');
    const catalog = c.openCatalog(join(folder, `catalog ${name}`));
    try {
      const added = await addModel(catalog, { path: at, name });
      expect(added).toMatchObject({ kind: 'classifier', usable: true, path: join(at, file) });
      const encoder = await openEncoder(catalog, added.id, cpu);
      expect(encoder.labels).toEqual(['cat', 'dog', 'cow']);
      near([...(await encoder.run(images, 2)).logits!], logits, 1e-2);
      await encoder.close();
    } finally {
      catalog.close();
    }
  });

  it('what a trial finds of the scores is said by the check', async () => {
    tiny('tried/model.onnx', { after: [node('Relu', 'z', 'scores')] });
    expect((await checkModel(beside('tried', prepared))).summary).toMatch(
      /scores of a kind that its operators do not tell; on trial images out holds logits$/,
    );
  });

  it('one that leaves no question open is run by the check, so that what is called usable runs', async () => {
    tiny('runs/model.onnx');
    expect(await checkModel(beside('runs', prepared))).toMatchObject({ usable: true, problems: [] });
    // The logarithm of black is not finite.
    tiny('fails/model.onnx', { after: [node('Log', 'z', 'scores')] });
    const failing = beside('fails', prepared);
    expect((await examineModel(failing)).usable).toBe(true);
    expect(await checkModel(failing)).toMatchObject({
      usable: false,
      problems: [expect.stringMatching(/output out .*Infinity/)],
    });
  });

  it('one that cannot be used is named without an empty place behind it', async () => {
    mkdirSync(join(folder, 'damaged'), { recursive: true });
    writeFileSync(join(folder, 'damaged/model.onnx'), '<html>');
    const { usable, summary } = await examineModel(join(folder, 'damaged'));
    expect([usable, summary]).toEqual([false, 'model.onnx']);
  });

  it('values in a file that is missing are refused by the name of it', async () => {
    const external = { location: 'net.onnx_data', offset: 0, length: 12 };
    mkdirSync(join(folder, 'apart'), { recursive: true });
    writeFileSync(
      join(folder, 'apart/net.onnx'),
      encodeModel({
        opset: 13,
        nodes: [{ op: 'Add', inputs: ['x', 'W'], output: 'y', attributes: {} }],
        initializers: [{ name: 'W', dims: [3], dataType: 1, external }],
        inputs: [{ name: 'x', dims: [1, 3], dataType: 1 }],
        outputs: [{ name: 'y', dims: [1, 3], dataType: 1 }],
      }),
    );
    expect((await examineModel(join(folder, 'apart/net.onnx'))).problems).toEqual([
      expect.stringMatching(
        /values of "?W"? are said to be in "?net\.onnx_data"?, which is missing; put it there/,
      ),
    ]);
  });

  it('an extension in capitals is the same: what is added opens', async () => {
    const path = tiny('CAPITALS/NET.ONNX');
    const catalog = c.openCatalog(join(folder, 'catalog capitals'));
    try {
      const added = await addModel(catalog, { path: beside('CAPITALS', prepared), name: 'NET' });
      expect(added.path).toBe(path);
      await (await openEncoder(catalog, added.id, cpu)).close();
    } finally {
      catalog.close();
    }
  });

  it('other ONNX files of the folder are said, and several without a first one are asked about', async () => {
    tiny('two/model.onnx');
    tiny('two/onnx/model_quantized.onnx');
    expect((await examineModel(beside('two', prepared))).summary).toMatch(
      /^model\.onnx; not used: onnx.model_quantized\.onnx/,
    );
    tiny('several/a.onnx');
    tiny('several/b.onnx');
    expect((await examineModel(join(folder, 'several'))).problems).toEqual([
      expect.stringMatching(/holds a\.onnx, b\.onnx; choose one of these files/),
    ]);
  });

  it.each<[string, object, object]>([
    [
      'a shorter side and a crop',
      { size: { shortest_edge: 10 }, do_center_crop: true, crop_size: 8 },
      { resize: 'crop', cropShare: 0.8 },
    ],
    [
      'a crop share',
      { size: { shortest_edge: 8 }, crop_pct: 0.875, image_processor_type: 'ConvNextImageProcessor' },
      { resize: 'crop', cropShare: 8 / 9 },
    ],
    ['one number', { size: 8 }, { resize: 'stretch' }],
    [
      'no scaling',
      { do_rescale: false, image_mean: [127.5, 0, 0], image_std: [255, 255, 255] },
      { mean: [0.5, 0, 0], std: [1, 1, 1] },
    ],
    [
      'no normalisation',
      { do_normalize: false, rescale_factor: 1 / 127.5 },
      { mean: [0, 0, 0], std: [0.5, 0.5, 0.5] },
    ],
    ['nulls', { crop_pct: null, do_center_crop: null }, { resize: 'stretch', mean: [0, 0, 0] }],
  ])('preprocessor_config.json with %s', async (name, fields, spec) => {
    tiny(`p ${name}/model.onnx`);
    const found = await examineModel(beside(`p ${name}`, { ...prepared, ...fields }));
    expect([found.problems, found.onnx]).toEqual([
      [],
      expect.objectContaining({ width: 8, height: 8, ...spec }),
    ]);
  });

  it('processor_config.json, also of the folder above onnx', async () => {
    tiny('processor/onnx/model.onnx');
    const at = join(folder, 'processor');
    const image_processor = { ...prepared, image_mean: [0.1, 0.2, 0.3] };
    writeFileSync(join(at, 'config.json'), JSON.stringify(config));
    writeFileSync(join(at, 'processor_config.json'), JSON.stringify({ image_processor }));
    const { problems, onnx, summary } = await examineModel(at);
    expect([problems, onnx?.mean]).toEqual([[], [0.1, 0.2, 0.3]]);
    expect(summary).toContain('images as processor_config.json says');
  });

  it('prepares images by the arithmetic that its processor means, not by that of a filter which a person chose', async () => {
    const path = tiny('p torch/model.onnx');
    beside('p torch', { ...prepared, size: { shortest_edge: 9 }, do_center_crop: true, crop_size: 8 });
    const { onnx } = await examineModel(join(folder, 'p torch'));
    const spec = onnxClassifierSpec.parse(onnx);
    const encoder = await openOnnxClassifier({ name: 'p', path, hash: null, spec }, cpu);
    await encoder.close();
    const { preprocessing } = readPreprocessor(join(folder, 'p torch'), { type: '' });
    expect(encoder.preprocessing).toEqual(preprocessing);
  });

  it('a preprocessor that is not carried out, or not for this input, is refused by its field', async () => {
    tiny('offset/model.onnx');
    const offset = await examineModel(beside('offset', { ...prepared, do_flip_channel_order: true }));
    expect(offset.problems).toEqual([
      expect.stringMatching(/preprocessor_config\.json.*do_flip_channel_order/),
    ]);
    const size = await examineModel(beside('offset', { ...prepared, size: 16 }));
    expect(size.problems).toEqual([
      expect.stringMatching(/images of 16x16, but the input is images float32/),
    ]);
  });
});

describe('as PyTorch exports them (scripts/fixtures/onnx_classifiers.py)', () => {
  const fixtures = join(import.meta.dirname, '../../fixtures/onnx');
  const expected = JSON.parse(readFileSync(join(fixtures, 'expected.json'), 'utf8'));
  const image = Uint8Array.from({ length: 32 * 32 * 3 }, (_, i) => (7 * i) % 256);

  it('a ViT of transformers in a folder says all about itself, and gives what PyTorch gives', async () => {
    const found = await examineModel(join(fixtures, 'vit'));
    expect(found.problems).toEqual([]);
    expect(found.onnx).toEqual({
      input: 'pixel_values',
      layout: 'NCHW',
      width: 32,
      height: 32,
      channels: 3,
      mean: [0.5, 0.4, 0.3],
      std: [0.2, 0.25, 0.3],
      resize: 'stretch',
      kernel: 'bilinear',
      arithmetic: 'torch',
      logits: 'logits',
      features: null,
      labels: expected.names,
    });
    const encoder = await open(found.file!);
    near([...(await encoder.run(image, 1)).logits!], expected.vit, 5e-6);
    await encoder.close();
  });

  it('a network in half precision with its Softmax, and names in its metadata', async () => {
    const file = join(fixtures, 'softmax-half.onnx');
    const found = await examineModel(file);
    expect(found.summary).toContain(
      "images float16[?,3,32,32] -> output0 float16[?,3]; 3 class names from the file's metadata",
    );
    const encoder = await open(file);
    expect([encoder.labels, encoder.scores]).toEqual([expected.names, 'probabilities']);
    const { logits: got } = await encoder.run(image, 1);
    near([...softmaxOfColumns(got!, 1, 3, [0, 1, 2])], expected['softmax-half'], 1e-3);
    await encoder.close();
  });
});

const archive = join(import.meta.dirname, '../../../../shared/data/reports.tar.gz');
const there = existsSync(archive);
if (!there) console.log(`skipped: needs ${archive}`);

describe.skipIf(!there)('models of shared/data/reports.tar.gz', () => {
  const path = (name: string) => join(folder, 'reports/models', name);
  beforeAll(() => execFileSync('tar', ['-xzf', archive, '-C', folder, 'reports/models']));

  it.each(['f16.onnx', 'nhwc.onnx', 'u8.onnx', 'op9.onnx', 'op22.onnx'])(
    '%s is read and runs',
    async (name) => {
      const encoder = await open(path(name));
      expect([encoder.labels, encoder.scores]).toEqual([['cat', 'dog'], 'logits']);
      const { logits: got } = await encoder.run(new Uint8Array(48 * 48 * 3).fill(128), 1);
      expect([...got!].every(Number.isFinite)).toBe(true);
      await encoder.close();
    },
  );
  it('the five are one network: they say the same of an image', async () => {
    const all: number[][] = [];
    const image = Uint8Array.from({ length: 48 * 48 * 3 }, (_, i) => (i * 7) % 256);
    for (const name of ['op9.onnx', 'op22.onnx', 'nhwc.onnx', 'u8.onnx', 'f16.onnx']) {
      const encoder = await open(path(name));
      all.push([...(await encoder.run(image, 1)).logits!]);
      await encoder.close();
    }
    for (const got of all) near(got, all[0], 0.05);
  });
  it('the pointers are pointers', async () => {
    for (const name of ['lfs-pointer.onnx', 'lfs-pointer.safetensors'])
      expect((await examineModel(path(name))).problems).toEqual([expect.stringMatching(/a Git LFS pointer/)]);
  });
  it('the folder opens by itself', async () => {
    const { usable, onnx } = await examineModel(path('tokenizer-json-only'));
    expect([usable, onnx]).toEqual([
      true,
      expect.objectContaining({ width: 48, labels: ['cat', 'dog'], resize: 'stretch' }),
    ]);
    expect(readFileSync(path('onnx-labels.txt'), 'utf8')).toBe('cat\ndog\n');
  });
});
