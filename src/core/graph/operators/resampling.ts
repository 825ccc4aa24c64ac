/** Owns resizing of images [n,c,h,w], as PyTorch's interpolate does it. */
import { constant, integers, type Value } from '../value.ts';
import { indexSelect } from './indexing.ts';
import { matmul } from './products.ts';
import { sum } from './reduction.ts';
import { reshape, swapLast } from './shape.ts';
import { define, list, wantRank } from './table.ts';

const makeUpsampleNearest = define('UpsampleNearest', {
  shape: ([x], a) => {
    wantRank(x, 4, 'input');
    const [sh, sw] = list(a, 'scales');
    return [x.shape[0], x.shape[1], x.shape[2] * sh, x.shape[3] * sw];
  },
  emit: (e, [x], a) =>
    e.node('Resize', [x, '', e.singles([1, 1, ...list(a, 'scales')], [4])], {
      mode: 'nearest',
      coordinate_transformation_mode: 'asymmetric',
      nearest_mode: 'floor',
    }),
  vjp: (ct, [x], _, a) => {
    const [n, c, h, w] = x.shape;
    const [sh, sw] = list(a, 'scales');
    return [reshape(sum(reshape(ct, [n, c, h, sh, w, sw]), [3, 5]), x.shape)];
  },
});
/** Each pixel repeated `scale` x `scale` times. */
export const upsampleNearest = (x: Value, scale: number): Value =>
  makeUpsampleNearest([x], { scales: [scale, scale] });

/** To any size: the pixel at floor(i * in / out), reckoned in float32 as PyTorch reckons it. */
export function resizeNearest(x: Value, [h, w]: readonly [number, number]): Value {
  const scales = [h / x.shape[2], w / x.shape[3]];
  if (scales.every(Number.isInteger)) {
    return scales.every((s) => s === 1) ? x : makeUpsampleNearest([x], { scales });
  }
  return [h, w].reduce((y, out, i) => {
    const ratio = Math.fround(x.shape[2 + i] / out);
    const from = Array.from({ length: out }, (_, at) => Math.floor(Math.fround(at * ratio)));
    return indexSelect(y, integers(from.map((p) => Math.min(p, x.shape[2 + i] - 1))), 2 + i);
  }, x);
}

/** To any size, linearly along both axes; outside the outermost pixel centres, the outermost pixel. */
export function resizeBilinear(
  x: Value,
  [h, w]: readonly [number, number],
  { alignCorners = false }: { alignCorners?: boolean } = {},
): Value {
  const rows = interpolation(x.shape[2], h, alignCorners);
  const columns = interpolation(x.shape[3], w, alignCorners);
  return matmul(rows, matmul(x, swapLast(columns)));
}

/**
 * To any size by cubic convolution (Keys 1981). `smooth`: where x shrinks, the kernel widens with it, so that every
 * pixel counts; that is PyTorch's `antialias`, whose kernel is another as well, and whose edges are cut, not repeated.
 */
export function resizeCubic(
  x: Value,
  [h, w]: readonly [number, number],
  { smooth = false }: { smooth?: boolean } = {},
): Value {
  const along = smooth ? smoothCubic : cubic;
  return matmul(along(x.shape[2], h), matmul(x, swapLast(along(x.shape[3], w))));
}

/** Keys' kernel at distance d, with its parameter a. */
function keys(d: number, a: number): number {
  const x = Math.abs(d);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? a * (((x - 5) * x + 8) * x - 4) : 0;
}

function cubic(size: number, out: number): Value {
  const matrix = new Float32Array(out * size);
  for (let i = 0; i < out; i++) {
    const at = ((i + 0.5) * size) / out - 0.5;
    for (let k = Math.floor(at) - 1; k <= Math.floor(at) + 2; k++) {
      matrix[i * size + Math.min(Math.max(k, 0), size - 1)] += keys(at - k, -0.75);
    }
  }
  return constant(matrix, [out, size]);
}

function smoothCubic(size: number, out: number): Value {
  const wide = Math.max(size / out, 1);
  const matrix = Array.from({ length: out }, (_, i) => {
    const at = ((i + 0.5) * size) / out - 0.5;
    const row = Array.from({ length: size }, (_, k) => keys((k - at) / wide, -0.5));
    const sum = row.reduce((a, b) => a + b, 0);
    return row.map((v) => v / sum);
  });
  return constant(matrix.flat(), [out, size]);
}

/** The matrix [out,in] that interpolates `out` samples from `size` ones. */
function interpolation(size: number, out: number, alignCorners: boolean): Value {
  const matrix = new Float32Array(out * size);
  for (let i = 0; i < out; i++) {
    const corner = out > 1 ? (i * (size - 1)) / (out - 1) : 0;
    const at = alignCorners ? corner : Math.max(((i + 0.5) * size) / out - 0.5, 0);
    const low = Math.min(Math.floor(at), size - 1);
    matrix[i * size + low] += 1 - (at - low);
    matrix[i * size + Math.min(low + 1, size - 1)] += at - low;
  }
  return constant(matrix, [out, size]);
}
