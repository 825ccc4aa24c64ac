/**
 * Owns resizing 8-bit images to the very bytes that image libraries give: Pillow's `Image.resize`, and PyTorch's
 * antialiased `interpolate` of uint8, which torchvision resizes tensors with. Both take a weighted mean of the pixels
 * under a filter that is as wide as the reduction asks for, along rows and along columns, in integers, rounded to 8
 * bits between the two. They differ in the bits of a weight alone: Pillow (libImaging/Resample.c) has 22 behind the
 * point, PyTorch (UpSampleKernel.cpp) as many as fit into 16 together with the largest weight.
 */

/** Filter, and how far it reaches at the original size, in pixels. Bicubic has a = -0.5, as both libraries. */
const filters = {
  box: { support: 0.5, at: (x: number) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bilinear: { support: 1, at: (x: number) => Math.max(0, 1 - Math.abs(x)) },
  hamming: { support: 1, at: (x: number) => hamming(Math.abs(x)) },
  bicubic: { support: 2, at: (x: number) => bicubic(Math.abs(x)) },
  lanczos: { support: 3, at: (x: number) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

export type Kernel = keyof typeof filters | 'nearest';
export type Arithmetic = 'pillow' | 'torch';

function hamming(x: number): number {
  if (x === 0) return 1;
  if (x >= 1) return 0;
  const t = x * Math.PI;
  return (Math.sin(t) / t) * (0.54 + 0.46 * Math.cos(t));
}

function bicubic(x: number): number {
  const a = -0.5;
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}

function sinc(x: number): number {
  if (x === 0) return 1;
  const t = x * Math.PI;
  return Math.sin(t) / t;
}

export interface Size {
  width: number;
  height: number;
}

/** A part of an image, in whole pixels of it. */
export interface Window extends Size {
  left: number;
  top: number;
}

/** u8[height,width,3] RGB */
export interface RgbImage extends Size {
  pixels: Uint8Array;
}

/**
 * The part `window` of the image brought to size `to`: the same bytes as the whole resized and then cut, without the
 * work for what is cut off.
 */
export function resample(
  image: RgbImage,
  to: Size,
  o: { kernel: Kernel; arithmetic: Arithmetic; window?: Window },
): RgbImage {
  const window = o.window ?? { left: 0, top: 0, ...to };
  const columns = { size: image.width, resized: to.width, first: window.left, count: window.width };
  const rows = { size: image.height, resized: to.height, first: window.top, count: window.height };
  const { kernel, arithmetic } = o;
  if (kernel === 'nearest') return nearest(image, placesOf(columns, arithmetic), placesOf(rows, arithmetic));
  const across = columns.size === columns.resized ? null : tapsOf(columns, kernel, arithmetic);
  const down = rows.size === rows.resized ? null : tapsOf(rows, kernel, arithmetic);
  if (!across || !down) {
    const { left, top, width, height } = window;
    if (across) return alongRows(rowsOf(image, top, top + height), across, 0);
    return down ? alongColumns(image, down, 0, left, left + width) : cut(image, window);
  }
  // What the second pass does not read is not resized in the first.
  if (arithmetic === 'pillow' && columnsFirst(image, to)) {
    const [from, until] = readBy(across);
    return alongRows(alongColumns(image, down, 0, from, until), across, from);
  }
  const [from, until] = readBy(down);
  const resized = alongRows(rowsOf(image, from, until), across, 0);
  return alongColumns(resized, down, from, 0, resized.width);
}

/** Pillow 13 begins with the columns where far more rows than columns go; PyTorch and Pillow before it never do. */
const columnsFirst = (from: Size, to: Size): boolean =>
  to.height < from.height && from.height - to.height > 2 * (from.width - to.width);

/** The source pixels that taps read, from and until. */
function readBy({ first, counts }: Taps): [from: number, until: number] {
  let until = 0;
  for (let i = 0; i < first.length; i++) until = Math.max(until, first[i] + counts[i]);
  return [first[0], until];
}

/** The same bytes, without the rows around. */
const rowsOf = ({ width, pixels }: RgbImage, from: number, until: number): RgbImage => ({
  width,
  height: until - from,
  pixels: pixels.subarray(from * width * 3, until * width * 3),
});

/** One axis: a range of the resized pixels. */
interface Axis {
  size: number;
  resized: number;
  first: number;
  count: number;
}

/** Of each resized pixel: its first source pixel, how many, and their weights, at `reach` times its number. */
interface Taps {
  first: Int32Array;
  counts: Int32Array;
  reach: number;
  weights: Int32Array;
  /** Bits of a weight behind the point. */
  bits: number;
}

function tapsOf({ size, resized, first, count }: Axis, kernel: keyof typeof filters, arithmetic: Arithmetic) {
  const filter = filters[kernel];
  const scale = size / resized;
  const widened = Math.max(1, scale); // enlarging, a filter keeps its width
  const narrowed = 1 / widened; // multiplied with, as both do: a quotient may differ in its last bit
  const support = filter.support * widened;
  const reach = Math.ceil(support) * 2 + 1;
  const exact = new Float64Array(count * reach);
  const starts = new Int32Array(count);
  const counts = new Int32Array(count);
  const row = new Float64Array(reach);
  let largest = 0;
  const weigh = (i: number): [start: number, taps: number] => {
    const centre = (i + 0.5) * scale;
    const start = Math.max(0, Math.trunc(centre - support + 0.5));
    const taps = Math.min(reach, Math.min(size, Math.trunc(centre + support + 0.5)) - start);
    let sum = 0;
    for (let j = 0; j < taps; j++) {
      row[j] = filter.at((j + start - centre + 0.5) * narrowed);
      sum += row[j];
    }
    for (let j = 0; j < taps && sum !== 0; j++) {
      row[j] /= sum;
      largest = Math.max(largest, row[j]);
    }
    return [start, taps];
  };
  for (let i = 0; i < count; i++) {
    [starts[i], counts[i]] = weigh(first + i);
    exact.set(row.subarray(0, counts[i]), i * reach);
  }
  // PyTorch's bits depend on the largest weight of all, those that are cut off too.
  if (arithmetic === 'torch') for (let i = 0; i < Math.min(resized, mostWeighed); i++) weigh(i);
  const bits = arithmetic === 'pillow' ? 22 : bitsBesides(largest);
  // Halves are rounded away from zero.
  const fixed = (weight: number) => Math.trunc(weight * 2 ** bits + (weight < 0 ? -0.5 : 0.5));
  return { first: starts, counts, reach, weights: Int32Array.from(exact, fixed), bits };
}

/** Of an image that is a thousand times as long as wide PyTorch could not hold the whole that these are of. */
const mostWeighed = 1_000_000;

/** The most bits behind the point with which this weight stays below 2^15. */
function bitsBesides(weight: number): number {
  let bits = 0;
  while (bits < 22 && Math.trunc(0.5 + weight * 2 ** (bits + 1)) < 2 ** 15) bits++;
  return bits;
}

/** @param left the image's first column, as the taps count */
function alongRows(image: RgbImage, taps: Taps, left: number): RgbImage {
  const { first, counts, reach, weights, bits } = taps;
  const { pixels, height } = image;
  const half = 2 ** (bits - 1);
  const width = first.length;
  const out = new Uint8ClampedArray(width * height * 3);
  let to = 0;
  for (let y = 0; y < height; y++) {
    const line = y * image.width - left;
    for (let x = 0; x < width; x++) {
      let r = half;
      let g = half;
      let b = half;
      let at = (line + first[x]) * 3;
      const last = x * reach + counts[x];
      for (let k = x * reach; k < last; k++, at += 3) {
        const weight = weights[k];
        r = (r + Math.imul(weight, pixels[at])) | 0;
        g = (g + Math.imul(weight, pixels[at + 1])) | 0;
        b = (b + Math.imul(weight, pixels[at + 2])) | 0;
      }
      out[to++] = r >> bits;
      out[to++] = g >> bits;
      out[to++] = b >> bits;
    }
  }
  return { width, height, pixels: new Uint8Array(out.buffer) };
}

/** Columns `from` to before `until`. @param top the image's first row, as the taps count */
function alongColumns(image: RgbImage, taps: Taps, top: number, from: number, until: number): RgbImage {
  const { first, counts, reach, weights, bits } = taps;
  const { pixels } = image;
  const width = until - from;
  const line = width * 3;
  const out = new Uint8ClampedArray(first.length * line);
  const sums = new Int32Array(line);
  for (let y = 0; y < first.length; y++) {
    sums.fill(2 ** (bits - 1));
    for (let k = 0; k < counts[y]; k++) {
      const weight = weights[y * reach + k];
      const at = ((first[y] - top + k) * image.width + from) * 3;
      for (let x = 0; x < line; x++) sums[x] = (sums[x] + Math.imul(weight, pixels[at + x])) | 0;
    }
    for (let x = 0; x < line; x++) out[y * line + x] = sums[x] >> bits;
  }
  return { width, height: first.length, pixels: new Uint8Array(out.buffer) };
}

/** The pixel nearest to each resized one. Pillow adds step to step in float64, PyTorch multiplies in float32. */
function placesOf({ size, resized, first, count }: Axis, arithmetic: Arithmetic): Int32Array {
  const places = new Int32Array(count);
  const scale = arithmetic === 'pillow' ? size / resized : Math.fround(size / resized);
  let at = scale * 0.5;
  if (first < mostWeighed) for (let i = 0; i < first; i++) at += scale;
  else at += first * scale;
  for (let i = 0; i < count; i++, at += scale) {
    places[i] = Math.min(size - 1, arithmetic === 'pillow' ? at : Math.fround((first + i + 0.5) * scale));
  }
  return places;
}

function nearest(image: RgbImage, columns: Int32Array, rows: Int32Array): RgbImage {
  const out = new Uint8Array(columns.length * rows.length * 3);
  let to = 0;
  for (const y of rows) {
    for (const x of columns) {
      const at = (y * image.width + x) * 3;
      out[to++] = image.pixels[at];
      out[to++] = image.pixels[at + 1];
      out[to++] = image.pixels[at + 2];
    }
  }
  return { width: columns.length, height: rows.length, pixels: out };
}

/** A copy of part of an image. */
function cut(image: RgbImage, { left, top, width, height }: Window): RgbImage {
  const out = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const at = ((top + y) * image.width + left) * 3;
    out.set(image.pixels.subarray(at, at + width * 3), y * width * 3);
  }
  return { width, height, pixels: out };
}
