/**
 * Owns how an image becomes what a network takes: the declaration, and carrying it out on decoded pixels. Readers of
 * the libraries' files make declarations: transformers-preprocessing.ts, timm-preprocessing.ts.
 */
import { roundHalfEven } from '../round.ts';
import { type Arithmetic, type Kernel, type RgbImage, resample, type Size, type Window } from './resample.ts';

/** The size that an image is brought to before its middle is cut out. */
export type Resize =
  /** Both sides, whatever the image's proportions. */
  | ({ to: 'size' } & Size)
  /** Proportions kept: the shorter side to `edge`, the longer one's fraction dropped (torchvision). */
  | { to: 'shortest'; edge: number }
  /** Proportions kept: as small as covers that size, or as large as fits into it, rounded half to even (timm). */
  | ({ to: 'cover' | 'inside' } & Size);

export interface Preprocessing extends Size {
  /** Null: the image keeps its size. */
  resize: Resize | null;
  kernel: Kernel;
  /**
   * Whose bytes it gives. libvips: the image codec's own resizing, in which networks trained here have always seen
   * their images: fast, and no other library's.
   */
  arithmetic: Arithmetic | 'libvips';
  /** How half a pixel is rounded where the middle is cut out: torch's tensors drop it, torchvision's PIL images round it to even. */
  crop: 'floor' | 'even';
  /** Colour around an image that is smaller than what is cut out of it, 0-255. */
  fill: readonly [number, number, number];
  /** Of red, green and blue, applied to values in [0,1]: (x - mean) / std. */
  mean: readonly number[];
  std: readonly number[];
}

/** Networks that were trained here, and ONNX files of which nothing else is said. */
export const ownPreprocessing = (
  to: 'cover' | 'size',
  { width, height }: Size,
  colours: Pick<Preprocessing, 'mean' | 'std'>,
): Preprocessing => ({
  width,
  height,
  resize: { to, width, height },
  kernel: 'lanczos',
  arithmetic: 'libvips',
  crop: 'even',
  fill: [0, 0, 0],
  mean: colours.mean,
  std: colours.std,
});

/** Pixels that every image has on each side beyond what the network takes: training cuts random parts out of them too. */
export function marginOf({ resize, width, height }: Preprocessing): number {
  if (!resize) return 0;
  const smallest = resize.to === 'shortest' ? { width: resize.edge, height: resize.edge } : resize;
  if (resize.to === 'inside') return 0;
  return Math.max(0, Math.floor(Math.min(smallest.width - width, smallest.height - height) / 2));
}

/** The image's size before its middle is cut out. */
function resizedSize({ width, height }: Size, resize: Resize | null): Size {
  if (!resize) return { width, height };
  if (resize.to === 'size') return { width: resize.width, height: resize.height };
  if (resize.to === 'shortest') {
    const { edge } = resize;
    return width <= height
      ? { width: edge, height: Math.trunc((edge * height) / width) }
      : { width: Math.trunc((edge * width) / height), height: edge };
  }
  const ratios = [height / resize.height, width / resize.width];
  const ratio = resize.to === 'cover' ? Math.min(...ratios) : Math.max(...ratios);
  // A side is never lost, however long the other is.
  const side = (length: number) => Math.max(1, roundHalfEven(length / ratio));
  return { width: side(width), height: side(height) };
}

/** Where what is cut out begins along a side; negative where the image is padded. */
function startOf(length: number, wanted: number, crop: Preprocessing['crop']): number {
  if (wanted > length) return -Math.floor((wanted - length) / 2);
  const half = (length - wanted) / 2;
  return crop === 'floor' ? Math.floor(half) : roundHalfEven(half);
}

/**
 * u8[h,w,3] of a decoded image -> u8[height + 2 margin, width + 2 margin, 3] as the declaration says.
 * @param margin pixels more on each side than the network takes
 */
export function prepare(image: RgbImage, p: Preprocessing, margin = 0): Uint8Array {
  if (p.arithmetic === 'libvips') throw new Error('prepare: libvips resizes while it decodes');
  const resized = resizedSize(image, p.resize);
  const wanted: Window = {
    left: startOf(resized.width, p.width, p.crop) - margin,
    top: startOf(resized.height, p.height, p.crop) - margin,
    width: p.width + 2 * margin,
    height: p.height + 2 * margin,
  };
  const left = Math.max(0, wanted.left);
  const top = Math.max(0, wanted.top);
  const window: Window = {
    left,
    top,
    width: Math.min(resized.width, wanted.left + wanted.width) - left,
    height: Math.min(resized.height, wanted.top + wanted.height) - top,
  };
  const { pixels } = resample(image, resized, { kernel: p.kernel, arithmetic: p.arithmetic, window });
  if (window.width === wanted.width && window.height === wanted.height) return pixels;
  const out = new Uint8Array(wanted.width * wanted.height * 3);
  for (let i = 0; i < out.length; i++) out[i] = p.fill[i % 3];
  for (let y = 0; y < window.height; y++) {
    const row = pixels.subarray(y * window.width * 3, (y + 1) * window.width * 3);
    out.set(row, ((top - wanted.top + y) * wanted.width + left - wanted.left) * 3);
  }
  return out;
}

/** In a line, for a person: 'bicubic, shorter side 256, middle 224x224'. */
export function describePreprocessing({ resize, kernel, arithmetic, width, height }: Preprocessing): string {
  const middle = `middle ${width}x${height}`;
  if (!resize) return `not resized, ${middle}`;
  const by = arithmetic === 'libvips' ? 'libvips lanczos' : kernel;
  if (resize.to === 'shortest') return `${by}, shorter side ${resize.edge}, ${middle}`;
  const size = `${resize.width}x${resize.height}`;
  const whole = resize.width === width && resize.height === height;
  const how = { size: 'stretched to', cover: 'covering', inside: 'inside' }[resize.to];
  return `${by}, ${how} ${size}${whole ? '' : `, ${middle}`}`;
}
