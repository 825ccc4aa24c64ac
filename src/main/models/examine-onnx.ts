/**
 * Owns looking at an ONNX classifier or encoder: what the file, and the files that exporters write beside it, say about
 * its images, scores and classes. What they do not say is left open for the person; nothing is guessed.
 */
import { basename } from 'node:path';
import type { OnnxClassifierSpec } from '../../shared/domain/model.ts';
import { firstFew } from '../files/first-few.ts';
import { UnfitFile } from '../files/user-file.ts';
import type { ValueInfo } from '../runtime/runtime.ts';
import type { ModelCheck } from './model-check.ts';
import { type OnnxFacts, readOnnxFacts, type Scores } from './onnx-facts.ts';
import type { OnnxFolder } from './onnx-folder.ts';
import { besideModel, findLabels, foldersOf } from './onnx-labels.ts';
import { readOnnxPreprocessing } from './onnx-preprocessing.ts';
import { scoreKinds, takesBytes, unfitInput, unfitScores } from './onnx-values.ts';
import { findPreprocessor } from './preprocessor-file.ts';
import { readModelJson } from './stored-part.ts';
import { verdict } from './verdict.ts';

/** Inputs and outputs of an ONNX file. Opened as it is: a graph may name constants of any size to be computed. */
export async function valuesOf(
  path: string,
): Promise<{ inputs: readonly ValueInfo[]; outputs: readonly ValueInfo[] }> {
  const { openSession } = await import('../runtime/runtime.ts');
  const session = await openSession(path, { provider: 'cpu', threads: 1 }, { asIs: true });
  const { inputs, outputs } = session;
  await session.close();
  return { inputs, outputs };
}

/** @param without why the weights in the folder are not used, where there are any */
export async function checkOnnxFolder(
  { file, unused }: OnnxFolder,
  without: readonly string[],
): Promise<ModelCheck> {
  const found = await checkOnnx(file);
  const notes = [
    basename(file),
    ...(unused.length > 0 ? [`not used: ${firstFew(unused)}`] : []),
    ...without.map((problem) => `its weights are not used: ${problem}`),
    ...(found.summary ? [found.summary] : []),
  ];
  return { ...found, summary: notes.join('; '), file };
}

export async function checkOnnx(path: string): Promise<ModelCheck> {
  let values: Awaited<ReturnType<typeof valuesOf>>;
  try {
    values = await valuesOf(path);
  } catch (error) {
    const { message } = error as Error;
    return verdict('onnx', '', [
      error instanceof UnfitFile ? message : `ONNX Runtime cannot open it: ${message}`,
    ]);
  }
  const { inputs, outputs } = values;
  const summary = `${inputs.map(describe).join(', ')} -> ${outputs.map(describe).join(', ')}`;
  if (inputs.length !== 1)
    return verdict('onnx', summary, [`it has ${inputs.length} inputs, expected one: a batch of images`]);
  const [image] = inputs;
  const unfit = unfitInput(image) ?? (outputs.some(isFloat) ? null : 'none of its outputs is of floats');
  if (unfit) return verdict('onnx', summary, [unfit]);
  try {
    const { spec, notes, problems } = readSpec(path, image, outputs, readOnnxFacts(path));
    const kind = spec.logits === null ? 'encoder' : 'classifier';
    return {
      ...verdict(kind, [summary, ...notes].join('; '), problems),
      onnx: problems.length > 0 ? null : spec,
    };
  } catch (error) {
    return verdict('onnx', summary, [(error as Error).message]);
  }
}

const describe = (v: ValueInfo) => `${v.name} ${v.type}[${v.shape.map((d) => d ?? '?').join(',')}]`;
const isFloat = (v: ValueInfo) => ['float32', 'float16', 'float64'].includes(v.type);

interface Read {
  spec: Partial<OnnxClassifierSpec>;
  /** What was found and from where, for a person. */
  notes: string[];
  problems: string[];
}

function readSpec(path: string, image: ValueInfo, outputs: readonly ValueInfo[], facts: OnnxFacts): Read {
  const spec: Partial<OnnxClassifierSpec> = { input: image.name, ...shapeOf(image) };
  const notes: string[] = [];
  const problems: string[] = [];
  readImages(path, image, spec, notes);
  nameOutputs(path, outputs, facts, spec, notes);
  if (spec.logits) {
    const scores = facts.scoresOf(spec.logits);
    notes.push(`${spec.logits} holds ${scores ? told(scores) : untold}`);
    const unfit = unfitScores(spec.logits, scores);
    // Another output may hold features, which a person can name instead.
    if (unfit && outputs.filter(isFloat).length > 1) delete spec.logits;
    if (unfit) (spec.logits ? problems : notes).push(unfit);
  } else if (spec.logits === null) spec.labels = null;
  return { spec, notes, problems };
}

const told = (scores: Scores): string => {
  const graph =
    scores === 'logits' ? '' : ` (${scoreKinds[scores].by.split(',')[0]}): ${scoreKinds[scores].used}`;
  return scores + graph;
};
const untold = 'scores of a kind that its operators do not tell';

/**
 * What the input itself fixes. Layout counts as fixed where just one axis can be the channels: by its size, by the name
 * of a free axis, or by the input's name, which exporters of transformers give to channels-first images.
 */
function shapeOf(image: ValueInfo): Partial<OnnxClassifierSpec> {
  const [, a, b, c] = image.shape;
  const sized = (d: number | null) => d === 1 || d === 3;
  const named = (axis: number) => /^(num_)?channels?$|^c$/i.test(image.axes[axis]);
  const first = sized(a) || named(1);
  const last = sized(c) || named(3);
  const layout = first !== last ? (first ? 'NCHW' : 'NHWC') : first ? null : layoutByName(image);
  if (!layout) return {};
  const [channels, height, width] = layout === 'NCHW' ? [a, b, c] : [c, a, b];
  return {
    layout,
    ...(sized(channels) ? { channels: channels as 1 | 3 } : {}),
    ...(height === null ? {} : { height }),
    ...(width === null ? {} : { width }),
  };
}

const layoutByName = ({ name }: ValueInfo) => (name === 'pixel_values' ? ('NCHW' as const) : null);

/** From preprocessor_config.json or processor_config.json; bytes go in as they are, whatever it says of means. */
function readImages(
  path: string,
  image: ValueInfo,
  spec: Partial<OnnxClassifierSpec>,
  notes: string[],
): void {
  const file = foldersOf(path)
    .map(findPreprocessor)
    .find((found) => found !== null)?.file;
  const config = besideModel(path, 'config.json');
  const read = config ? readModelJson<Record<string, unknown>>(config, 'its config') : {};
  const { num_channels: channels, model_type: type } = read;
  if (spec.channels === undefined && (channels === 1 || channels === 3)) spec.channels = channels;
  if (file) {
    const prepared = readOnnxPreprocessing(file, typeof type === 'string' ? type : '');
    if (spec.layout) spec.channels ??= 3;
    for (const side of ['width', 'height'] as const)
      if (spec[side] !== undefined && prepared[side] !== undefined && spec[side] !== prepared[side])
        throw new Error(
          `${file}: images of ${prepared.width}x${prepared.height}, but the input is ${describe(image)}`,
        );
    Object.assign(spec, prepared);
    notes.push(`images as ${basename(file)} says`);
  }
  if (!takesBytes(image) || !spec.channels) return;
  spec.mean = Array.from({ length: spec.channels }, () => 0);
  spec.std = Array.from({ length: spec.channels }, () => 1 / 255);
  notes.push('bytes of 0 to 255 go in as they are');
}

/** Outputs by their names, by what the operators tell, or by the number of class names. */
function nameOutputs(
  path: string,
  outputs: readonly ValueInfo[],
  facts: OnnxFacts,
  spec: Partial<OnnxClassifierSpec>,
  notes: string[],
): void {
  const floats = outputs.filter(isFloat);
  const only = (list: readonly ValueInfo[]) => (list.length === 1 ? list[0] : null);
  const named = (pattern: RegExp) => only(floats.filter((o) => pattern.test(o.name)));
  const features = named(/^(features?|embeddings?|image_embeds|pooled|pooler_output)$/i);
  const others = floats.filter((o) => o !== features);
  const byOperators = (o: ValueInfo) => !['logits', null].includes(facts.scoresOf(o.name));
  const classes = (o: ValueInfo | null) => (o ? widthOf(o) : null);
  let logits = named(/^logits?$/i) ?? only(others.filter(byOperators));
  const { found, unfit } = findLabels(path, facts.metadata, classes(logits ?? only(others)));
  // As many class names as it has numbers: those are the classes' scores.
  if (!logits && found && classes(only(others)) === found.labels.length) logits = only(others);
  if (features) spec.features = features.name;
  else if (logits && floats.length === 1) spec.features = null;
  if (logits) spec.logits = logits.name;
  else if (features && floats.length === 1) spec.logits = null;
  if (spec.logits === null) return;
  notes.push(...unfit);
  if (!found) return;
  spec.labels = found.labels;
  notes.push(`${found.labels.length} class names from ${found.from}`);
}

/** Numbers of one row; null: not said. */
const widthOf = ({ shape }: ValueInfo): number | null =>
  shape.slice(1).reduce<number | null>((n, d) => (n === null || d === null ? null : n * d), 1);
