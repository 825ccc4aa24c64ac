/** Circle interpolation against the oracle, from the oracle's own inverted latents. */
import { describe, expect, it } from 'vitest';
import { angleBetween, circleInterpolate } from '../../src/core/diffusion/circle.ts';
import { goldenPath, hasGolden, readGoldenJson, readSafetensors } from './read-safetensors.ts';

interface Meta {
  lambdas: number[];
  stats_and_tolerances: Record<string, { tol: { max_abs: number; rel_l2: number } }>;
}

describe.skipIf(!hasGolden('pipeline-tiny'))('circle interpolation against its oracle', () => {
  it('angle, points and norms for every lambda and batch item', () => {
    const meta = readGoldenJson<Meta>('pipeline-tiny', 'meta.json');
    const t = readSafetensors(goldenPath('pipeline-tiny', 'io.safetensors'));
    const batch = t['invert.Ia'].shape[0];
    const size = t['invert.Ia'].data.length / batch;
    const tol = (name: string) => meta.stats_and_tolerances[name].tol;
    expect(t['circle.z'].shape[0]).toBe(meta.lambdas.length);
    for (let item = 0; item < batch; item++) {
      const a = t['invert.Ia'].data.subarray(item * size, (item + 1) * size);
      const b = t['invert.Ib'].data.subarray(item * size, (item + 1) * size);
      const alpha = t['circle.alpha'].data[item];
      expect(Math.abs(angleBetween(a, b) - alpha)).toBeLessThanOrEqual(tol('circle.alpha').max_abs);
      meta.lambdas.forEach((lambda, l) => {
        const z = circleInterpolate(a, b, lambda);
        const at = l * batch + item;
        const want = t['circle.z'].data.subarray(at * size, (at + 1) * size);
        let square = 0;
        let norm = 0;
        let length = 0;
        for (let k = 0; k < size; k++) {
          expect(Math.abs(z[k] - want[k])).toBeLessThanOrEqual(tol('circle.z').max_abs);
          square += (z[k] - want[k]) ** 2;
          norm += want[k] ** 2;
          length += z[k] ** 2;
        }
        expect(Math.sqrt(square / norm)).toBeLessThanOrEqual(tol('circle.z').rel_l2);
        const wantLength = t['circle.norms'].data[at];
        expect(Math.abs(Math.sqrt(length) - wantLength)).toBeLessThanOrEqual(tol('circle.norms').max_abs);
      });
    }
  });
});
