import { describe, expect, it } from 'vitest';
import { vendiScore } from '../../src/core/metrics/diversity.ts';
import { fid } from '../../src/core/metrics/frechet.ts';
import { kid } from '../../src/core/metrics/kernel-distance.ts';
import { manifoldMetrics } from '../../src/core/metrics/manifold.ts';
import { goldenPath, hasGolden, readGoldenJson, readSafetensors } from './read-safetensors.ts';

interface Results {
  fid: { value: number; mean_term: number; trace_sqrt: number };
  fid_first20rows: { value: number };
  kid_unbiased_poly3: number;
  kid_self_halves: number;
  prdc_k5: Record<string, number>;
  prdc_k3: Record<string, number>;
  vendi_cosine: Record<string, number>;
  vendi_cosine_order2: Record<string, number>;
}

describe.skipIf(!hasGolden('metrics'))('metrics against their oracle', () => {
  if (!hasGolden('metrics')) return;
  const results = readGoldenJson<Results>('metrics', 'results.json');
  const { real, fake } = readSafetensors(goldenPath('metrics', 'features.safetensors'));
  const [n, d] = real.shape;
  const m = fake.shape[0];
  const relative = (got: number, wanted: number) => Math.abs(got / wanted - 1);

  it('FID', () => {
    const got = fid(real.data, n, fake.data, m, d);
    expect(relative(got.value, results.fid.value)).toBeLessThan(1e-5);
    expect(relative(got.meanTerm, results.fid.mean_term)).toBeLessThan(1e-5);
    expect(relative(got.traceSqrt, results.fid.trace_sqrt)).toBeLessThan(1e-5);
    expect(Math.abs(fid(real.data, n, real.data, n, d).value)).toBeLessThan(1e-6);
    const few = fid(real.data.subarray(0, 20 * d), 20, fake.data.subarray(0, 20 * d), 20, d);
    expect(relative(few.value, results.fid_first20rows.value)).toBeLessThan(1e-2);
  });

  it('KID', () => {
    expect(Math.abs(kid(real.data, n, fake.data, m, d) - results.kid_unbiased_poly3)).toBeLessThan(1e-6);
    const half = n / 2;
    const halves = kid(real.data.subarray(0, half * d), half, real.data.subarray(half * d), half, d);
    expect(Math.abs(halves - results.kid_self_halves)).toBeLessThan(1e-6);
  });

  it.each([3, 5] as const)('precision, recall, density, coverage at k = %i', (k) => {
    const got = manifoldMetrics(real.data, n, fake.data, m, d, k);
    const wanted = results[`prdc_k${k}`];
    for (const name of ['precision', 'recall', 'density', 'coverage'] as const) {
      expect(Math.abs(got[name] - wanted[name])).toBeLessThan(1e-9);
    }
  });

  it('Vendi score', () => {
    for (const [name, set] of Object.entries({ real, fake })) {
      const got = vendiScore(set.data, set.shape[0], d);
      expect(relative(got.value, results.vendi_cosine[name])).toBeLessThan(1e-6);
      expect(relative(got.order2, results.vendi_cosine_order2[name])).toBeLessThan(1e-6);
    }
  });
});
