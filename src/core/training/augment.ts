/** Owns pictures as a classifier's batch: bytes to numbers, with the usual random flips, shifts and crops. */
import type { Rng } from '../rng.ts';

export interface Augmentation {
  /** Mirror every second picture, at random. */
  flip: boolean;
  /** Move by up to this many pixels along each side, repeating the border. */
  shift: number;
}

export const noAugmentation: Augmentation = { flip: false, shift: 0 };

/**
 * Pictures `indices` of u8[count,size,size,3] RGB as f32[n,3,size,size] in -1..1, augmented by draws from `rng`
 * (three a picture, whatever the settings, so that a setting does not move the rest of the stream).
 */
export function pictureBatch(
  pictures: Uint8Array,
  size: number,
  indices: readonly number[],
  augmentation: Augmentation,
  rng: Rng,
): Float32Array {
  const plane = size * size;
  const out = new Float32Array(indices.length * 3 * plane);
  const inside = (v: number) => Math.max(0, Math.min(size - 1, v));
  const reach = 2 * augmentation.shift + 1;
  indices.forEach((index, row) => {
    const mirror = rng.uniform() < 0.5 && augmentation.flip;
    const dx = Math.floor(rng.uniform() * reach) - augmentation.shift;
    const dy = Math.floor(rng.uniform() * reach) - augmentation.shift;
    for (let y = 0; y < size; y++) {
      const line = (index * size + inside(y + dy)) * size;
      for (let x = 0; x < size; x++) {
        const at = inside(x + dx);
        const from = (line + (mirror ? size - 1 - at : at)) * 3;
        const to = row * 3 * plane + y * size + x;
        out[to] = pictures[from] / 127.5 - 1;
        out[to + plane] = pictures[from + 1] / 127.5 - 1;
        out[to + 2 * plane] = pictures[from + 2] / 127.5 - 1;
      }
    }
  });
  return out;
}

export interface CropAugmentation {
  /** Mirror every second picture, at random. */
  flip: boolean;
  /** Smallest share of the picture's area that a crop keeps, (0,1]. */
  cropScale: number;
}

/**
 * A random part of each picture, stretched to size x size (Szegedy et al. 2015; torchvision's RandomResizedCrop): its
 * area is uniform in [cropScale,1] of the whole, the logarithm of its aspect ratio in that of [3/4,4/3].
 * u8[n,side,side,3] RGB -> f32[n,3,size,size] in [0,1], bilinear. The pictures are hardly larger than what is cut out
 * of them, so that no low-pass filter is needed.
 */
export function randomCrops(
  pictures: Uint8Array,
  side: number,
  size: number,
  { flip, cropScale }: CropAugmentation,
  rng: Rng,
): Float32Array {
  const n = pictures.length / (3 * side * side);
  const out = new Float32Array(n * 3 * size * size);
  for (let i = 0; i < n; i++) {
    const mirror = rng.uniform() < 0.5 && flip;
    const crop = randomCrop(side, cropScale, rng);
    const columns = taps(crop.left, crop.width, size, side);
    const rows = taps(crop.top, crop.height, size, side);
    const picture = pictures.subarray(i * 3 * side * side, (i + 1) * 3 * side * side);
    resample(picture, side, rows, columns, mirror, out.subarray(i * 3 * size * size));
  }
  return out;
}

/** u8[n,height,width,3] RGB -> f32[n,3,height,width] in [0,1]. */
export function pictureValues(pictures: Uint8Array, n: number): Float32Array {
  const out = new Float32Array(pictures.length);
  const plane = pictures.length / (3 * n);
  for (let i = 0; i < n; i++) {
    let from = i * 3 * plane;
    for (let to = from, last = from + plane; to < last; to++, from += 3) {
      out[to] = pictures[from] / 255;
      out[to + plane] = pictures[from + 1] / 255;
      out[to + 2 * plane] = pictures[from + 2] / 255;
    }
  }
  return out;
}

/**
 * The part in the middle, size x size, of pictures with the same margin all around:
 * u8[n,side,side,3] RGB -> f32[n,3,size,size] in [0,1].
 */
export function centreCrops(pictures: Uint8Array, side: number, size: number): Float32Array {
  const n = pictures.length / (3 * side * side);
  const plane = size * size;
  const out = new Float32Array(n * 3 * plane);
  const margin = (side - size) / 2;
  for (let i = 0; i < n; i++) {
    for (let y = 0; y < size; y++) {
      let from = ((i * side + y + margin) * side + margin) * 3;
      let to = i * 3 * plane + y * size;
      for (let x = 0; x < size; x++, from += 3, to++) {
        out[to] = pictures[from] / 255;
        out[to + plane] = pictures[from + 1] / 255;
        out[to + 2 * plane] = pictures[from + 2] / 255;
      }
    }
  }
  return out;
}

interface Crop {
  left: number; // pixels, whole
  top: number;
  width: number;
  height: number;
}

/** Ten tries, as torchvision has it; where none fits inside, the whole picture. */
function randomCrop(side: number, cropScale: number, rng: Rng): Crop {
  const widest = Math.log(4 / 3);
  for (let attempt = 0; attempt < 10; attempt++) {
    const area = side * side * (cropScale + (1 - cropScale) * rng.uniform());
    const ratio = Math.exp(widest * (2 * rng.uniform() - 1));
    const width = Math.round(Math.sqrt(area * ratio));
    const height = Math.round(Math.sqrt(area / ratio));
    if (width < 1 || height < 1 || width > side || height > side) continue;
    return { width, height, left: rng.int(side - width + 1), top: rng.int(side - height + 1) };
  }
  return { left: 0, top: 0, width: side, height: side };
}

/** For each output place along one axis the two pixels that it lies between, and the second's share. */
interface Taps {
  first: Int32Array;
  second: Int32Array;
  share: Float32Array;
}

/** Pixel centres are at halves; outside the crop its border repeats. */
function taps(start: number, length: number, size: number, side: number): Taps {
  const found = { first: new Int32Array(size), second: new Int32Array(size), share: new Float32Array(size) };
  const last = Math.min(side, start + length) - 1;
  for (let i = 0; i < size; i++) {
    const at = Math.max(start, Math.min(last, start + ((i + 0.5) * length) / size - 0.5));
    found.first[i] = Math.floor(at);
    found.second[i] = Math.min(last, found.first[i] + 1);
    found.share[i] = at - found.first[i];
  }
  return found;
}

/** picture: u8[side,side,3] -> f32[3,size,size] in [0,1] at the start of `out`. */
function resample(
  picture: Uint8Array,
  side: number,
  rows: Taps,
  columns: Taps,
  mirror: boolean,
  out: Float32Array,
): void {
  const size = rows.first.length;
  const plane = size * size;
  for (let y = 0; y < size; y++) {
    const [above, below, v] = [rows.first[y] * side * 3, rows.second[y] * side * 3, rows.share[y]];
    for (let x = 0; x < size; x++) {
      const at = mirror ? size - 1 - x : x;
      const [left, right, u] = [columns.first[at] * 3, columns.second[at] * 3, columns.share[at]];
      const to = y * size + x;
      for (let c = 0; c < 3; c++) {
        const top = picture[above + left + c] * (1 - u) + picture[above + right + c] * u;
        const bottom = picture[below + left + c] * (1 - u) + picture[below + right + c] * u;
        out[to + c * plane] = (top * (1 - v) + bottom * v) / 255;
      }
    }
  }
}
