/** Owns where points stand on the screen: the camera, nearest point, points in a polygon. No DOM. */

/** screen = (data - centre) * scale + size / 2; y grows upward in the data, downward on the screen. */
export interface Camera {
  x: number;
  y: number;
  /** CSS px per data unit. */
  scale: number;
}

export interface Size {
  width: number;
  height: number;
}

export interface Bounds {
  minX: number;
  minY: number;
  maxX: number;
  maxY: number;
}

/** positions: f32[n,2] */
export function boundsOf(positions: Float32Array): Bounds {
  const bounds = { minX: Infinity, minY: Infinity, maxX: -Infinity, maxY: -Infinity };
  for (let i = 0; i < positions.length; i += 2) {
    bounds.minX = Math.min(bounds.minX, positions[i]);
    bounds.maxX = Math.max(bounds.maxX, positions[i]);
    bounds.minY = Math.min(bounds.minY, positions[i + 1]);
    bounds.maxY = Math.max(bounds.maxY, positions[i + 1]);
  }
  return positions.length ? bounds : { minX: 0, minY: 0, maxX: 1, maxY: 1 };
}

const margin = 0.94; // share of the window that the map fills

export function fit(bounds: Bounds, { width, height }: Size): Camera {
  const spanX = Math.max(1e-9, bounds.maxX - bounds.minX);
  const spanY = Math.max(1e-9, bounds.maxY - bounds.minY);
  return {
    x: (bounds.minX + bounds.maxX) / 2,
    y: (bounds.minY + bounds.maxY) / 2,
    scale: margin * Math.min(width / spanX, height / spanY),
  };
}

export const toScreen = (camera: Camera, size: Size, x: number, y: number): [number, number] => [
  (x - camera.x) * camera.scale + size.width / 2,
  (camera.y - y) * camera.scale + size.height / 2,
];

export const toData = (camera: Camera, size: Size, px: number, py: number): [number, number] => [
  (px - size.width / 2) / camera.scale + camera.x,
  camera.y - (py - size.height / 2) / camera.scale,
];

/** Zooms by `factor` so that the data under (px, py) stays there. */
export function zoomAt(camera: Camera, size: Size, px: number, py: number, factor: number): Camera {
  const [x, y] = toData(camera, size, px, py);
  const scale = camera.scale * factor;
  return {
    scale,
    x: x - (px - size.width / 2) / scale,
    y: y + (py - size.height / 2) / scale,
  };
}

const cellsPerSide = 256;

/** A uniform grid over the points, so that hovering over a million of them stays instant. */
export class PointIndex {
  private readonly bounds: Bounds;
  /** Point indices, cell by cell; cell c owns items[starts[c]..starts[c+1]). */
  private readonly starts = new Uint32Array(cellsPerSide * cellsPerSide + 1);
  private readonly items: Uint32Array;
  private readonly positions: Float32Array;

  constructor(positions: Float32Array) {
    this.positions = positions;
    this.bounds = boundsOf(positions);
    const n = positions.length / 2;
    this.items = new Uint32Array(n);
    const cellOf = new Uint32Array(n);
    for (let i = 0; i < n; i++) {
      cellOf[i] = this.row(positions[2 * i + 1]) * cellsPerSide + this.column(positions[2 * i]);
      this.starts[cellOf[i] + 1]++;
    }
    for (let c = 0; c < cellsPerSide * cellsPerSide; c++) this.starts[c + 1] += this.starts[c];
    const next = this.starts.slice();
    for (let i = 0; i < n; i++) this.items[next[cellOf[i]]++] = i;
  }

  private column(x: number): number {
    const share = (x - this.bounds.minX) / Math.max(1e-9, this.bounds.maxX - this.bounds.minX);
    return Math.min(cellsPerSide - 1, Math.max(0, Math.floor(share * cellsPerSide)));
  }

  private row(y: number): number {
    const share = (y - this.bounds.minY) / Math.max(1e-9, this.bounds.maxY - this.bounds.minY);
    return Math.min(cellsPerSide - 1, Math.max(0, Math.floor(share * cellsPerSide)));
  }

  /** Index of the point nearest to (x, y) within `radius` data units; -1: none. */
  nearest(x: number, y: number, radius: number): number {
    let best = -1;
    let bestSquare = radius * radius;
    const [c0, c1] = [this.column(x - radius), this.column(x + radius)];
    const [r0, r1] = [this.row(y - radius), this.row(y + radius)];
    for (let r = r0; r <= r1; r++) {
      for (let k = this.starts[r * cellsPerSide + c0]; k < this.starts[r * cellsPerSide + c1 + 1]; k++) {
        const i = this.items[k];
        const dx = this.positions[2 * i] - x;
        const dy = this.positions[2 * i + 1] - y;
        const square = dx * dx + dy * dy;
        if (square <= bestSquare) {
          best = i;
          bestSquare = square;
        }
      }
    }
    return best;
  }
}

/** polygon: [x0, y0, x1, y1, ...] in data units; even-odd rule. */
export function insidePolygon(polygon: ArrayLike<number>, x: number, y: number): boolean {
  let inside = false;
  for (let i = 0, j = polygon.length - 2; i < polygon.length; j = i, i += 2) {
    const [xi, yi, xj, yj] = [polygon[i], polygon[i + 1], polygon[j], polygon[j + 1]];
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}

/** Indices of the points inside the polygon (fewer than three corners: none). */
export function lassoed(positions: Float32Array, polygon: number[]): number[] {
  if (polygon.length < 6) return [];
  const box = boundsOf(Float32Array.from(polygon));
  const chosen: number[] = [];
  for (let i = 0; i < positions.length / 2; i++) {
    const [x, y] = [positions[2 * i], positions[2 * i + 1]];
    if (x < box.minX || x > box.maxX || y < box.minY || y > box.maxY) continue;
    if (insidePolygon(polygon, x, y)) chosen.push(i);
  }
  return chosen;
}
