/** Owns a user's ONNX classifier as an encoder: preprocessing by its spec, features and logits by their names. */
import { ownPreprocessing, type Preprocessing } from '../../../core/images/preprocessing.ts';
import type { OnnxClassifierSpec } from '../../../shared/domain.ts';
import { hashFile } from '../images/hash.ts';
import { openSession, type RuntimeOptions } from '../runtime.ts';
import { featuresHash, type ImageEncoder } from './encoder.ts';

export interface OnnxClassifierFile {
  name: string;
  path: string;
  /** As it was when the model was added; another file under the same name is refused. */
  hash: string;
  spec: OnnxClassifierSpec;
}

/** Grey from RGB as in BT.601, what image libraries do for one-channel models. */
const GREY = [0.299, 0.587, 0.114];

/** As the person chose; without a filter libvips resizes, as Crux always has. */
function onnxPreprocessing(spec: OnnxClassifierSpec): Preprocessing {
  const { width, height, kernel } = spec;
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
    arithmetic: 'pillow',
  };
}

/** Where there is no feature output, the logits serve as features. */
export async function openOnnxClassifier(
  { name, path, hash, spec }: OnnxClassifierFile,
  runtime: RuntimeOptions,
): Promise<ImageEncoder> {
  const { width, height, channels, mean, std, layout } = spec;
  if (mean.length !== channels || std.length !== channels)
    throw new Error(`model ${name}: ${mean.length} means and ${std.length} stds, wanted ${channels} of each`);
  const outputs = [spec.features, spec.logits].filter((output) => output !== null);
  if (outputs.length === 0)
    throw new Error(`model ${name}: neither logits nor features are named; add it again`);
  const now = await hashFile(path);
  if (now !== hash)
    throw new Error(`model ${name}: ${path} has changed since it was added; remove it and add it again`);
  const session = await openSession(path, runtime);
  const missing = [...outputs.filter((o) => !session.outputNames.includes(o))];
  if (missing.length > 0 || !session.inputNames.includes(spec.input)) {
    await session.close();
    throw new Error(
      `model ${name}: it has inputs ${session.inputNames.join(', ')} and outputs ${session.outputNames.join(', ')}, wanted ${spec.input} and ${outputs.join(', ')}`,
    );
  }
  const preprocessing = onnxPreprocessing(spec);
  const plane = width * height;
  // One factor and one shift per channel and byte value: (v / 255 - mean) / std.
  const table = mean.map((m, c) => Float32Array.from({ length: 256 }, (_, v) => (v / 255 - m) / std[c]));

  const fill = (pixels: Uint8Array, n: number): Float32Array => {
    const data = new Float32Array(n * channels * plane);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < plane; j++) {
        const at = (i * plane + j) * 3;
        if (channels === 1) {
          const grey = GREY[0] * pixels[at] + GREY[1] * pixels[at + 1] + GREY[2] * pixels[at + 2];
          data[i * plane + j] = (grey / 255 - mean[0]) / std[0];
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

  const runBatch = async (pixels: Uint8Array, n: number) => {
    const dims = layout === 'NCHW' ? [n, channels, height, width] : [n, height, width, channels];
    const out = await session.run({ [spec.input]: { dims, data: fill(pixels, n) } }, outputs);
    const rows = (output: string): Float32Array => {
      const { data, dims: shape } = out[output];
      if (!(data instanceof Float32Array))
        throw new Error(`model ${name}: output ${output} is not float32; export it with float32 outputs`);
      if (data.length % n !== 0 || data.length === 0)
        throw new Error(
          `model ${name}: output ${output} is [${shape.join(',')}] for ${n} images, wanted one row each`,
        );
      return data;
    };
    const logits = spec.logits === null ? null : rows(spec.logits);
    return { features: spec.features === null ? logits! : rows(spec.features), logits };
  };

  // The width of the features is known only once it has run; some models are made for one image at a time.
  const one = await runBatch(new Uint8Array(plane * 3), 1);
  const dim = one.features.length;
  const batches = await runBatch(new Uint8Array(2 * plane * 3), 2).then(
    () => true,
    () => false,
  );
  if (spec.labels && one.logits && spec.labels.length !== one.logits.length) {
    await session.close();
    throw new Error(
      `model ${name}: ${spec.labels.length} labels for ${one.logits.length} logits; check its label file`,
    );
  }

  return {
    name,
    hash: featuresHash(hash, preprocessing),
    preprocessing,
    dim,
    labels: spec.logits === null ? null : spec.labels,
    async run(pixels, n) {
      if (pixels.length !== n * plane * 3)
        throw new Error(`model ${name}: ${pixels.length} bytes for ${n} images, wanted ${n * plane * 3}`);
      if (batches || n === 1) {
        const { features, logits } = await runBatch(pixels, n);
        return { features: Float32Array.from(features), logits: logits && Float32Array.from(logits) };
      }
      const features = new Float32Array(n * dim);
      const logits = one.logits && new Float32Array(n * one.logits.length);
      for (let i = 0; i < n; i++) {
        const single = await runBatch(pixels.subarray(i * plane * 3, (i + 1) * plane * 3), 1);
        features.set(single.features, i * dim);
        logits?.set(single.logits!, i * one.logits!.length);
      }
      return { features, logits };
    },
    close: () => session.close(),
  };
}
