/** Owns where the points of a plot lie on the screen, and which one is pointed at. */

export interface PlotBox {
  /** CSS px. */
  width: number;
  height: number;
  margin: { left: number; right: number; top: number; bottom: number };
  /** Axes run from 0 to these. */
  xMax: number;
  yMax: number;
}

/** -> f32[n,2], CSS px from the top left corner. */
export function placed(x: Float32Array, y: Float32Array, box: PlotBox): Float32Array {
  const { width, height, margin, xMax, yMax } = box;
  const out = new Float32Array(2 * x.length);
  for (let i = 0; i < x.length; i++) {
    out[2 * i] = margin.left + (x[i] / xMax) * (width - margin.left - margin.right);
    out[2 * i + 1] = height - margin.bottom - (y[i] / yMax) * (height - margin.top - margin.bottom);
  }
  return out;
}

/** The point nearest to (px, py) within `reach`, the last drawn of equals; -1: none. */
export function nearestPoint(screen: Float32Array, px: number, py: number, reach: number): number {
  let best = -1;
  let least = reach * reach;
  for (let i = 0; i < screen.length / 2; i++) {
    const [dx, dy] = [screen[2 * i] - px, screen[2 * i + 1] - py];
    const distance = dx * dx + dy * dy;
    if (distance <= least) {
      least = distance;
      best = i;
    }
  }
  return best;
}
