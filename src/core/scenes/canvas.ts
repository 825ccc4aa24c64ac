/** Owns a small anti-aliased rasteriser: filled polygons and ellipses under an affine map, drawn at three times the size and averaged down. */

export type Colour = readonly [number, number, number]; // 0..255

/** x' = a x + c y + e, y' = b x + d y + f; shapes live in a box of about -1..1, y down. */
export type Affine = readonly [number, number, number, number, number, number];

const factor = 3;

export interface Canvas {
  size: number;
  /** f32 RGB of the enlarged picture */
  data: Float32Array;
  side: number;
}

export function createCanvas(size: number): Canvas {
  const side = size * factor;
  return { size, side, data: new Float32Array(side * side * 3) };
}

/** Colours every pixel by its place in 0..1. */
export function paint(canvas: Canvas, colour: (x: number, y: number) => Colour): void {
  const { side, data } = canvas;
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) data.set(colour((x + 0.5) / side, (y + 0.5) / side), (y * side + x) * 3);
  }
}

/** Fills a polygon given in the map's box; `shade` darkens towards its lower right by that share. */
export function polygon(
  canvas: Canvas,
  map: Affine,
  points: readonly (readonly [number, number])[],
  colour: Colour,
  shade = 0.25,
  alpha = 1,
): void {
  const { side, data } = canvas;
  const p = points.map(([x, y]) => [
    (map[0] * x + map[2] * y + map[4]) * side,
    (map[1] * x + map[3] * y + map[5]) * side,
  ]);
  const ys = p.map((q) => q[1]);
  const xs = p.map((q) => q[0]);
  const [top, bottom] = [Math.min(...ys), Math.max(...ys)];
  const [left, right] = [Math.min(...xs), Math.max(...xs)];
  const span = bottom - top + (right - left) + 1e-6;
  for (let y = Math.max(0, Math.ceil(top - 0.5)); y < Math.min(side, bottom + 0.5); y++) {
    const cy = y + 0.5;
    const crossings: number[] = [];
    for (let i = 0, j = p.length - 1; i < p.length; j = i++) {
      const [x0, y0] = p[j];
      const [x1, y1] = p[i];
      if (y0 > cy !== y1 > cy) crossings.push(x0 + ((cy - y0) * (x1 - x0)) / (y1 - y0));
    }
    crossings.sort((a, b) => a - b);
    for (let k = 0; k + 1 < crossings.length; k += 2) {
      for (
        let x = Math.max(0, Math.ceil(crossings[k] - 0.5));
        x < Math.min(side, crossings[k + 1] - 0.5);
        x++
      ) {
        const light = 1 + shade * (0.5 - (cy - top + (x - left)) / span);
        const at = (y * side + x) * 3;
        for (let c = 0; c < 3; c++) data[at + c] += alpha * (Math.min(255, colour[c] * light) - data[at + c]);
      }
    }
  }
}

/** An ellipse as a polygon of 28 corners. */
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
  polygon(canvas, map, ring(cx, cy, rx, ry, 28), colour, shade, alpha);
}

export function ring(
  cx: number,
  cy: number,
  rx: number,
  ry: number,
  corners: number,
  from = 0,
  to = 2 * Math.PI,
): [number, number][] {
  return Array.from({ length: corners }, (_, i) => {
    const t = from + ((to - from) * i) / (to - from > 6.28 ? corners : corners - 1);
    return [cx + rx * Math.cos(t), cy + ry * Math.sin(t)];
  });
}

/** A thick line. */
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
  polygon(
    canvas,
    map,
    [
      [x0 + nx, y0 + ny],
      [x1 + nx, y1 + ny],
      [x1 - nx, y1 - ny],
      [x0 - nx, y0 - ny],
    ],
    colour,
    0.1,
  );
}

/** Averages the enlarged picture down: f32[size*size*3]. */
export function reduce(canvas: Canvas): Float32Array {
  const { size, side, data } = canvas;
  const out = new Float32Array(size * size * 3);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const from = (y * side + x) * 3;
      const to = (Math.floor(y / factor) * size + Math.floor(x / factor)) * 3;
      for (let c = 0; c < 3; c++) out[to + c] += data[from + c] / (factor * factor);
    }
  }
  return out;
}
