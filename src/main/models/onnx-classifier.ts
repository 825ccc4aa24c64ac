/**
 * Owns a user's ONNX classifier as an encoder: preprocessing by its spec, features and logits by their names. A Softmax
 * that is part of the graph is not applied again: the logarithms of its probabilities are the logits but for a constant,
 * so that whatever is made of logits (a softmax over some of the classes, a temperature) gives what it gives without the
 * Softmax.
 */
import { ownPreprocessing, type Preprocessing } from '../../core/images/preprocessing.ts';
import { randn, rngFromSeed } from '../../core/rng.ts';
import type { OnnxClassifierSpec } from '../../shared/domain/model.ts';
import { hashFile } from '../files/hash.ts';
import { openSession, type RuntimeOptions, type Session, type Tensor } from '../runtime/runtime.ts';
import { featuresHash, type ImageEncoder } from './encoder.ts';
import { readOnnxFacts, type Scores } from './onnx-facts.ts';
import { takesBytes, unfitInput, unfitScores } from './onnx-values.ts';

export interface OnnxClassifierFile {
  name: string;
  path: string;
  /** As it was when the model was added; another file under the same name is refused. null: it is not added yet. */
  hash: string | null;
  spec: OnnxClassifierSpec;
}

export interface OnnxClassifier extends ImageEncoder {
  /** What its class scores are, told by the graph or by trial; null: it has none. */
  scores: Scores | null;
  /** It was found by trial. */
  tried: boolean;
}

/** Grey from RGB as in BT.601, what image libraries do for one-channel models. */
const GREY = [0.299, 0.587, 0.114];
/** The logarithm of a probability that is too small for its type. */
const LEAST = 2 ** -126;

/** As the person chose; without a filter libvips resizes, as Crux always has. */
function onnxPreprocessing(spec: OnnxClassifierSpec): Preprocessing {
  const { width, height, kernel, arithmetic = 'pillow' } = spec;
  const share = spec.cropShare ?? 1;
  const size = { width: Math.floor(width / share), height: Math.floor(height / share) };
  const own = ownPreprocessing(spec.resize === 'crop' ? 'cover' : 'size', size, spec);
  const sized = { ...own, width, height };
  if (!kernel) return sized;
  const square = size.width === size.height && spec.resize === 'crop';
  return {
    ...sized,
    resize: square ? { to: 'shortest', edge: size.width } : own.resize,
    kernel,
    arithmetic,
    crop: arithmetic === 'torch' ? 'floor' : 'even',
  };
}

/** Where there is no feature output, the logits serve as features. */
export async function openOnnxClassifier(
  file: OnnxClassifierFile,
  runtime: RuntimeOptions,
): Promise<OnnxClassifier> {
  const { name, path, hash } = file;
  const now = await hashFile(path);
  if (hash !== null && now !== hash)
    throw new Error(`model ${name}: ${path} has changed since it was added; remove it and add it again`);
  const session = await openSession(path, runtime);
  try {
    return await encoderOf({ ...file, hash: now }, session);
  } catch (error) {
    await session.close();
    throw error;
  }
}

async function encoderOf(
  { name, path, hash, spec }: OnnxClassifierFile & { hash: string },
  session: Session,
): Promise<OnnxClassifier> {
  const preprocessing = onnxPreprocessing(spec);
  const image = requireFit(name, spec, session);
  const outputs = [spec.features, spec.logits].filter((output) => output !== null);
  const fill = filler(spec, takesBytes(image));
  const bytesEach = 3 * spec.width * spec.height;

  /** @param gain of floats that go in, for trials: beyond what any image gives */
  const runBatch = async (pixels: Uint8Array, n: number, gain = 1) => {
    const sides = [spec.height, spec.width];
    const dims = spec.layout === 'NCHW' ? [n, spec.channels, ...sides] : [n, ...sides, spec.channels];
    const filled = fill(pixels, n);
    const data = gain === 1 || filled instanceof Uint8Array ? filled : filled.map((v) => v * gain);
    const out = await session.run({ [spec.input]: { dims, data } as Tensor }, outputs);
    const rows = (output: string): Float32Array => {
      const { data, dims: shape } = out[output];
      if (!(data instanceof Float32Array))
        throw new Error(`model ${name}: output ${output} holds no floats; export it with float outputs`);
      if (data.length % n !== 0 || data.length === 0)
        throw new Error(
          `model ${name}: output ${output} is [${shape.join(',')}] for ${n} images, expected one row each`,
        );
      return data;
    };
    const logits = spec.logits === null ? null : rows(spec.logits);
    return { features: spec.features === null ? logits! : rows(spec.features), logits };
  };

  // The width of the features is known only once it has run; some models are made for one image at a time.
  const one = await runBatch(new Uint8Array(bytesEach), 1);
  const dim = one.features.length;
  const batches = await runBatch(new Uint8Array(2 * bytesEach), 2).then(
    () => true,
    () => false,
  );
  if (spec.labels && one.logits && spec.labels.length !== one.logits.length)
    throw new Error(
      `model ${name}: ${spec.labels.length} labels for ${one.logits.length} class scores; check its label file`,
    );
  const told = spec.logits === null ? null : readOnnxFacts(path).scoresOf(spec.logits);
  const tried = spec.logits !== null && told === null;
  const scores = tried
    ? await scoresByTrial(async (pixels, gain) => (await runBatch(pixels, 1, gain)).logits!, bytesEach)
    : told;
  const unfit = spec.logits === null ? null : unfitScores(spec.logits, scores, tried);
  if (unfit) throw new Error(`model ${name}: ${unfit}`);

  const runLogits = async (pixels: Uint8Array, n: number) => {
    const { features, logits } = await runBatch(pixels, n);
    if (scores !== 'probabilities' || !logits) return { features, logits };
    const logs = logits.map((p) => Math.log(Math.max(p, LEAST)));
    return { features: features === logits ? logs : features, logits: logs };
  };

  return {
    name,
    hash: featuresHash(hash, preprocessing),
    preprocessing,
    dim,
    labels: spec.logits === null ? null : spec.labels,
    text: 'an ONNX file reads images alone',
    scores,
    tried,
    async run(pixels, n) {
      if (pixels.length !== n * bytesEach)
        throw new Error(`model ${name}: ${pixels.length} bytes for ${n} images, expected ${n * bytesEach}`);
      if (batches || n === 1) {
        const { features, logits } = await runLogits(pixels, n);
        return { features: Float32Array.from(features), logits: logits && Float32Array.from(logits) };
      }
      const features = new Float32Array(n * dim);
      const logits = one.logits && new Float32Array(n * one.logits.length);
      for (let i = 0; i < n; i++) {
        const single = await runLogits(pixels.subarray(i * bytesEach, (i + 1) * bytesEach), 1);
        features.set(single.features, i * dim);
        logits?.set(single.logits!, i * one.logits!.length);
      }
      return { features, logits };
    },
    close: () => session.close(),
  };
}

/** @returns the input. @throws where the spec does not fit the file. */
function requireFit(name: string, spec: OnnxClassifierSpec, { inputs, outputs }: Session) {
  const { channels, mean, std } = spec;
  if (mean.length !== channels || std.length !== channels)
    throw new Error(
      `model ${name}: ${mean.length} means and ${std.length} deviations, expected ${channels} of each`,
    );
  const wanted = [spec.features, spec.logits].filter((output) => output !== null);
  if (wanted.length === 0)
    throw new Error(`model ${name}: neither logits nor features are named; add it again`);
  const image = inputs.find((input) => input.name === spec.input);
  if (!image || wanted.some((output) => !outputs.some((o) => o.name === output))) {
    const names = (list: Session['inputs']) => list.map((value) => value.name).join(', ');
    throw new Error(
      `model ${name}: it has inputs ${names(inputs)} and outputs ${names(outputs)}, expected ${spec.input} and ${wanted.join(', ')}`,
    );
  }
  const unfit = unfitInput(image);
  if (unfit) throw new Error(`model ${name}: ${unfit}`);
  const asIs = mean.every((m) => m === 0) && std.every((s) => Math.abs(255 * s - 1) < 1e-6);
  if (takesBytes(image) && !asIs)
    throw new Error(
      `model ${name}: its input ${image.name} is uint8, so bytes of 0 to 255 go in as they are; expected mean 0 and deviation 1/255 (0.00392156862745098)`,
    );
  return image;
}

/** The images of a batch as the input wants them: (x - mean) / std of RGB in [0,1], or bytes as they are. */
function filler(
  spec: OnnxClassifierSpec,
  bytes: boolean,
): (pixels: Uint8Array, n: number) => Float32Array | Uint8Array {
  const { width, height, channels, mean, std, layout } = spec;
  const plane = width * height;
  // One factor and one shift per channel and byte value.
  const table = mean.map((m, c) =>
    Float32Array.from({ length: 256 }, (_, v) => (bytes ? v : (v / 255 - m) / std[c])),
  );
  return (pixels, n) => {
    const size = n * channels * plane;
    const data = bytes ? new Uint8Array(size) : new Float32Array(size);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < plane; j++) {
        const at = (i * plane + j) * 3;
        if (channels === 1) {
          const grey = GREY[0] * pixels[at] + GREY[1] * pixels[at + 1] + GREY[2] * pixels[at + 2];
          data[i * plane + j] = bytes ? Math.round(grey) : (grey / 255 - mean[0]) / std[0];
        } else {
          for (let c = 0; c < 3; c++) {
            const to = layout === 'NCHW' ? (i * 3 + c) * plane + j : (i * plane + j) * 3 + c;
            data[to] = table[c][pixels[at + c]];
          }
        }
      }
    }
    return data;
  };
}

/** Images of noise to try. */
const NOISES = 3;
/** Black, white and the strong colours. */
const colours = Array.from({ length: 8 }, (_, i) => [i & 1, i & 2, i & 4].map((on) => (on ? 255 : 0)));
/** Logits that are small by chance grow with numbers of this size, and those of a Sigmoid stay. */
const BEYOND = 100;

/** What scores are like, where the graph's operators do not tell. */
async function scoresByTrial(
  scoresOf: (pixels: Uint8Array, gain?: number) => Promise<Float32Array>,
  bytes: number,
): Promise<Scores> {
  const rng = rngFromSeed(1, 'scores by trial');
  const noise = () => Uint8Array.from(randn(bytes, rng), (v) => Math.min(255, Math.max(0, 128 + 64 * v)));
  const images = [
    ...Array.from({ length: NOISES }, noise),
    ...colours.map((colour) => Uint8Array.from({ length: bytes }, (_, i) => colour[i % 3])),
  ];
  const rows: Float32Array[] = [];
  for (const image of images) rows.push((await scoresOf(image)).slice());
  const kind = kindOfScores(rows);
  if (kind !== 'independent') return kind;
  for (const gain of [BEYOND, -BEYOND]) {
    for (const image of images) {
      // An exponential by hand may overflow there, which says nothing.
      const row = await scoresOf(image, gain).catch(() => null);
      if (row?.some((p) => p < 0 || p > 1)) return 'logits';
    }
  }
  return kind;
}

/** What the class scores of several images hold, by their values alone. */
export function kindOfScores(rows: readonly Float32Array[]): Scores {
  if (rows[0].length < 2) return 'logits';
  const total = (row: Float32Array) => row.reduce((sum, p) => sum + p, 0);
  const sums = rows.map(total);
  // Half precision sums to 1 within its own rounding.
  const isOne = (sum: number) => Math.abs(sum - 1) < 1e-2;
  const every = (holds: (p: number) => boolean) => rows.every((row) => row.every(holds));
  if (every((p) => p >= 0) && sums.every(isOne)) return 'probabilities';
  if (every((p) => p <= 0) && rows.every((row) => isOne(total(row.map(Math.exp)))))
    return 'log-probabilities';
  if (!every((p) => p >= 0)) return 'logits';
  // The sum of scores that hardly change is the same for any network.
  const spread = (values: readonly number[]) => Math.max(...values) - Math.min(...values);
  const change = Math.max(...Array.from(rows[0], (_, c) => spread(rows.map((row) => row[c]))));
  if (spread(sums) < 1e-2 * Math.max(...sums) && spread(sums) < 0.1 * change) return 'scaled';
  return every((p) => p <= 1) ? 'independent' : 'logits';
}
