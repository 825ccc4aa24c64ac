/**
 * Owns a small anti-aliased rasteriser: filled polygons under an affine map, drawn at three times the size and
 * averaged down.
 */

export type Colour = readonly [number, number, number]; // RGB, 0..255
export type Point = readonly [number, number];

/** x' = a x + c y + e, y' = b x + d y + f; shapes live in a box of about -1..1 (y down), pictures in 0..1. */
export type Affine = readonly [number, number, number, number, number, number];

export const identity: Affine = [1, 0, 0, 1, 0, 0];

const factor = 3;

export interface Canvas {
  size: number;
  side: number; // of the enlarged picture
  data: Float32Array; // f32[side,side,3] RGB, 0..255
}

export function createCanvas(size: number): Canvas {
  const side = size * factor;
  return { size, side, data: new Float32Array(side * side * 3) };
}

export const mix = (a: Colour, b: Colour, t: number): Colour => [
  a[0] + t * (b[0] - a[0]),
  a[1] + t * (b[1] - a[1]),
  a[2] + t * (b[2] - a[2]),
];

/** Colours every row by its height, 0 (top) to 1. */
export function paintRows(canvas: Canvas, colour: (y: number) => Colour): void {
  const { side, data } = canvas;
  for (let y = 0; y < side; y++) {
    const [r, g, b] = colour((y + 0.5) / side);
    for (let at = y * side * 3; at < (y + 1) * side * 3; at += 3) {
      data[at] = r;
      data[at + 1] = g;
      data[at + 2] = b;
    }
  }
}

/** [x0, y0, x1, y1, ...] as points. */
export function points(flat: readonly number[]): Point[] {
  return Array.from({ length: flat.length / 2 }, (_, i): Point => [flat[2 * i], flat[2 * i + 1]]);
}

/** Fills a polygon (even-odd); light falls from the upper left, `shade` is the share from brightest to darkest. */
export function polygon(
  canvas: Canvas,
  map: Affine,
  corners: readonly Point[],
  colour: Colour,
  shade = 0.25,
  alpha = 1,
): void {
  const { side, data } = canvas;
  const xs = corners.map(([x, y]) => (map[0] * x + map[2] * y + map[4]) * side);
  const ys = corners.map(([x, y]) => (map[1] * x + map[3] * y + map[5]) * side);
  const [top, bottom] = [Math.min(...ys), Math.max(...ys)];
  const [left, right] = [Math.min(...xs), Math.max(...xs)];
  const span = bottom - top + (right - left) + 1e-6;
  const crossings: number[] = [];
  for (let y = Math.max(0, Math.ceil(top - 0.5)); y < Math.min(side, bottom + 0.5); y++) {
    const cy = y + 0.5;
    crossings.length = 0;
    for (let i = 0, j = xs.length - 1; i < xs.length; j = i++) {
      if (ys[j] > cy !== ys[i] > cy)
        crossings.push(xs[j] + ((cy - ys[j]) * (xs[i] - xs[j])) / (ys[i] - ys[j]));
    }
    crossings.sort((a, b) => a - b);
    for (let k = 0; k + 1 < crossings.length; k += 2) {
      const end = Math.min(side, crossings[k + 1] - 0.5);
      for (let x = Math.max(0, Math.ceil(crossings[k] - 0.5)); x < end; x++) {
        const light = 1 + shade * (0.5 - (cy - top + (x - left)) / span);
        const at = (y * side + x) * 3;
        data[at] += alpha * (Math.min(255, colour[0] * light) - data[at]);
        data[at + 1] += alpha * (Math.min(255, colour[1] * light) - data[at + 1]);
        data[at + 2] += alpha * (Math.min(255, colour[2] * light) - data[at + 2]);
      }
    }
  }
}

/** Points on an ellipse; the whole of it, or an arc whose both ends are included. */
export function ring(
  cx: number,
  cy: number,
  rx: number,
  ry: number,
  corners = 28,
  from = 0,
  to = 2 * Math.PI,
): Point[] {
  const steps = to - from > 6.28 ? corners : corners - 1;
  return Array.from({ length: corners }, (_, i): Point => {
    const t = from + ((to - from) * i) / steps;
    return [cx + rx * Math.cos(t), cy + ry * Math.sin(t)];
  });
}

export function ellipse(
  canvas: Canvas,
  map: Affine,
  cx: number,
  cy: number,
  rx: number,
  ry: number,
  colour: Colour,
  shade = 0.25,
  alpha = 1,
): void {
  polygon(canvas, map, ring(cx, cy, rx, ry), colour, shade, alpha);
}

/** A line `width` thick, with flat ends. */
export function line(
  canvas: Canvas,
  map: Affine,
  x0: number,
  y0: number,
  x1: number,
  y1: number,
  width: number,
  colour: Colour,
): void {
  const length = Math.hypot(x1 - x0, y1 - y0) || 1e-6;
  const [nx, ny] = [(-(y1 - y0) / length) * (width / 2), ((x1 - x0) / length) * (width / 2)];
  const corners = points([x0 + nx, y0 + ny, x1 + nx, y1 + ny, x1 - nx, y1 - ny, x0 - nx, y0 - ny]);
  polygon(canvas, map, corners, colour, 0.1);
}

/** Averages the enlarged picture down: f32[size,size,3]. */
export function reduce(canvas: Canvas): Float32Array {
  const { size, side, data } = canvas;
  const out = new Float32Array(size * size * 3);
  for (let y = 0; y < side; y++) {
    const row = Math.floor(y / factor) * size;
    for (let x = 0; x < side; x++) {
      const from = (y * side + x) * 3;
      const to = (row + Math.floor(x / factor)) * 3;
      for (let c = 0; c < 3; c++) out[to + c] += data[from + c];
    }
  }
  for (let i = 0; i < out.length; i++) out[i] /= factor * factor;
  return out;
}
