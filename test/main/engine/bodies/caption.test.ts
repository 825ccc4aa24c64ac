/** A captioner as people have it: an ONNX encoder and decoder in a folder, added, checked, run by a caption job. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { dataType, encodeModel, type NodeData } from '../../../../src/core/graph/onnx-proto.ts';
import { createByteDecoder } from '../../../../src/core/tokenizer/byte-decoder.ts';
import * as c from '../../../../src/main/catalog/index.ts';
import { addModel, checkModel } from '../../../../src/main/engine/check-model.ts';
import { encodePng } from '../../../../src/main/images/png.ts';
import { tempCatalog, tempFolder } from '../../support/catalogs.ts';
import { run, runOk } from '../../support/run.ts';

const vocab = { '<s>': 0, '</s>': 1, a: 2, Ġbright: 3, Ġdark: 4, Ġthing: 5, 'Ã©': 6 };
const size = Object.keys(vocab).length;

const floats = (name: string, dims: number[], values: number[]) => ({
  name,
  dims,
  dataType: dataType.f32,
  raw: new Uint8Array(Float32Array.from(values).buffer),
});
const value = (name: string, dims: (number | string)[], type: number = dataType.f32) => ({
  name,
  dims,
  dataType: type,
});
const node = (
  op: string,
  inputs: string[],
  output: string,
  attributes: NodeData['attributes'] = {},
): NodeData => ({
  op,
  inputs,
  output,
  attributes,
});

/** Says "a bright thing" or "a dark thing" by the sign of the mean of the prepared picture. */
function writeCaptioner(folder: string): string {
  mkdirSync(folder, { recursive: true });
  const pixels = value('pixel_values', ['n', 3, 4, 4]);
  const encoder = encodeModel({
    opset: 18,
    nodes: [
      node('Flatten', ['pixel_values'], 'flat', { axis: { int: 1 } }),
      node('MatMul', ['flat', 'average'], 'mean'),
      node('Unsqueeze', ['mean', 'one'], 'last_hidden_state'),
    ],
    initializers: [
      floats('average', [48, 1], Array(48).fill(1 / 48)),
      { name: 'one', dims: [1], dataType: dataType.i64, raw: new Uint8Array(BigInt64Array.of(1n).buffer) },
    ],
    inputs: [pixels],
    outputs: [value('last_hidden_state', ['n', 1, 1])],
  });
  const next = Array<number>(size * size).fill(0);
  for (const [from, to] of [
    [0, 2],
    [3, 5],
    [4, 5],
    [5, 1],
  ])
    next[from * size + to] = 10;
  const decoder = encodeModel({
    opset: 18,
    nodes: [
      node('Gather', ['next', 'input_ids'], 'followers', { axis: { int: 0 } }),
      node('MatMul', ['encoder_hidden_states', 'brightness'], 'seen'),
      node('Add', ['followers', 'seen'], 'logits'),
    ],
    initializers: [
      floats('next', [size, size], next),
      floats('brightness', [1, size], [0, 0, 0, 1, -1, 0, 0]),
    ],
    inputs: [value('input_ids', ['n', 'l'], dataType.i64), value('encoder_hidden_states', ['n', 'm', 1])],
    outputs: [value('logits', ['n', 'l', size])],
  });
  writeFileSync(join(folder, 'encoder_model.onnx'), encoder);
  writeFileSync(join(folder, 'decoder_model.onnx'), decoder);
  const json = (name: string, content: unknown) => writeFileSync(join(folder, name), JSON.stringify(content));
  json('config.json', { decoder: { bos_token_id: 0, eos_token_id: 1, max_length: 12 } });
  const by = { feature_extractor_type: 'ViTFeatureExtractor' };
  json('preprocessor_config.json', {
    ...by,
    size: 4,
    image_mean: [0.5, 0.5, 0.5],
    image_std: [0.5, 0.5, 0.5],
  });
  json('vocab.json', vocab);
  return folder;
}

let catalog: c.Catalog;
beforeEach(async () => {
  catalog = tempCatalog();
  const photos = join(tempFolder(), 'photos', 'things');
  mkdirSync(photos, { recursive: true });
  for (const [name, level] of [
    ['bright', 250],
    ['dark', 5],
  ] as const)
    writeFileSync(join(photos, `${name}.png`), await encodePng(new Uint8Array(8 * 8 * 3).fill(level), 8, 8));
  await runOk(catalog, { kind: 'import', params: { source: join(photos, '..'), name: 'photos' } });
});

const captions = () =>
  catalog.all<{ path: string; text: string; source: string }>(
    'SELECT i.path, c.text, c.source FROM images i JOIN captions c ON c.id = i.caption_id ORDER BY i.path',
  );

test('tokens of bytes become text', () => {
  const decoder = createByteDecoder(vocab, (bytes) => new TextDecoder().decode(bytes));
  expect(decoder.decode([0, 2, 4, 5, 1], new Set([0, 1]))).toBe('a dark thing');
  expect(decoder.decode([6, 99], new Set())).toBe('é');
});

test('a caption job describes each image in the words of the model', async () => {
  const path = writeCaptioner(join(tempFolder(), 'captioner'));
  expect(await checkModel(path)).toMatchObject({ kind: 'captioner', usable: true });
  await addModel(catalog, { path, name: 'words' });
  const job = { kind: 'caption', params: { datasetId: 1, method: 'model' } } as const;
  expect(await runOk(catalog, job)).toMatchObject({ captioned: 2, kept: 0 });
  expect(captions()).toEqual([
    { path: 'things/bright.png', text: 'a bright thing', source: 'words' },
    { path: 'things/dark.png', text: 'a dark thing', source: 'words' },
  ]);
  c.setCaption(catalog, [1], 'by hand');
  expect(await runOk(catalog, job)).toMatchObject({ captioned: 0, unchanged: 1, kept: 1 });
});

test('without a captioner the job says which is wanted and where it goes', async () => {
  const job = await run(catalog, { kind: 'caption', params: { datasetId: 1, method: 'model' } });
  expect(job.error).toMatch(/no captioning model yet.*encoder_model\.onnx.*crux models add/);
});

test('a folder that lacks a file or a field is refused by name', async () => {
  const path = writeCaptioner(join(tempFolder(), 'broken'));
  writeFileSync(join(path, 'config.json'), '{}');
  expect((await checkModel(path)).problems.join()).toMatch(/config\.json: decoder_start_token_id/);
  rmSync(join(path, 'preprocessor_config.json'));
  writeFileSync(join(path, 'config.json'), '{"bos_token_id":0,"eos_token_id":1}');
  expect((await checkModel(path)).problems.join()).toMatch(/preprocessor_config\.json is missing/);
});
