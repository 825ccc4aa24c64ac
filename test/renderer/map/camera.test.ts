import { expect, test } from 'vitest';
import { noise } from '../../../src/renderer/dev/fake-data.ts';
import {
  boundsOf,
  fit,
  insidePolygon,
  lassoed,
  PointIndex,
  toData,
  toScreen,
  zoomAt,
} from '../../../src/renderer/map/camera.ts';

const size = { width: 800, height: 500 };
const random = noise(5);
const positions = Float32Array.from({ length: 2 * 3000 }, () => random() * 200 - 70);

test('every point is on the screen after fitting, and the way back is the same point', () => {
  const camera = fit(boundsOf(positions), size);
  for (let i = 0; i < positions.length; i += 2) {
    const [px, py] = toScreen(camera, size, positions[i], positions[i + 1]);
    expect(px >= 0 && px <= size.width && py >= 0 && py <= size.height).toBe(true);
    const [x, y] = toData(camera, size, px, py);
    expect(x).toBeCloseTo(positions[i], 6);
    expect(y).toBeCloseTo(positions[i + 1], 6);
  }
});

test('zooming keeps the data under the pointer', () => {
  const camera = fit(boundsOf(positions), size);
  const before = toData(camera, size, 130, 420);
  const after = toData(zoomAt(camera, size, 130, 420, 3.7), size, 130, 420);
  expect(after[0]).toBeCloseTo(before[0], 9);
  expect(after[1]).toBeCloseTo(before[1], 9);
});

test('the nearest point is the one that a full search finds', () => {
  const index = new PointIndex(positions);
  for (let k = 0; k < 200; k++) {
    const [x, y] = [random() * 220 - 80, random() * 220 - 80];
    let [best, square] = [-1, 4 * 4];
    for (let i = 0; i < positions.length / 2; i++) {
      const d = (positions[2 * i] - x) ** 2 + (positions[2 * i + 1] - y) ** 2;
      if (d <= square) [best, square] = [i, d];
    }
    expect(index.nearest(x, y, 4)).toBe(best);
  }
});

test('no point, and points all in one place', () => {
  expect(new PointIndex(new Float32Array(0)).nearest(0, 0, 1)).toBe(-1);
  const same = new PointIndex(Float32Array.from([3, 3, 3, 3]));
  expect(same.nearest(3.1, 3, 0.5)).toBeGreaterThanOrEqual(0);
  expect(same.nearest(9, 9, 0.5)).toBe(-1);
});

test('the lasso takes what is inside, also of a hollow shape', () => {
  const points = Float32Array.from([1, 1, 5, 5, 9, 1, 5, 1]);
  const u = [0, 0, 10, 0, 10, 10, 8, 10, 8, 3, 2, 3, 2, 10, 0, 10]; // a U: (5,5) lies in its gap
  expect(lassoed(points, u)).toEqual([0, 2, 3]);
  expect(lassoed(points, [0, 0, 10, 10])).toEqual([]);
  expect(insidePolygon([0, 0, 4, 0, 0, 4], 1, 1)).toBe(true);
  expect(insidePolygon([0, 0, 4, 0, 0, 4], 3, 3)).toBe(false);
});
