/** Owns the checks of the set metrics: FID, KID, precision and its kin, and the Vendi score. */
import { vendiScore } from '../../../src/core/metrics/diversity.ts';
import { fid } from '../../../src/core/metrics/frechet.ts';
import { kid } from '../../../src/core/metrics/kernel-distance.ts';
import { manifoldMetrics } from '../../../src/core/metrics/manifold.ts';
import type { Json, OracleCase, OracleTensor } from '../case.ts';
import { type Check, compare, failure, type Tolerance } from '../compare.ts';
import type { CaseRun } from '../graph.ts';

/** Of covariances without full rank, whose matrix root is poorly determined. */
const RANK_DEFICIENT: Tolerance = { rel_l2: 1e-2 };

type Result = number | Record<string, number>;

export function metricsCase(c: OracleCase): CaseRun {
  const sets = c.tensors('features.safetensors');
  const results: Record<string, Result> = c.json('results.json');
  return {
    parts: Object.entries(results).map(([name, want]) => ({
      name,
      run: async () => checkResult(c.meta.tolerance ?? {}, sets.get('real'), sets.get('fake'), name, want),
    })),
  };
}

function checkResult(
  given: Json,
  real: OracleTensor,
  fake: OracleTensor,
  name: string,
  want: Result,
): Check[] {
  const [n, d] = real.shape;
  const m = fake.shape[0];
  /** A tolerance by its name in meta.json: `rel` bounds the relative difference. */
  const tolerance = (of: string): Tolerance => {
    const found = given[of];
    if (!found) throw new Error(`meta.json: tolerance has no ${of}`);
    return { max_abs: found.max_abs, rel_l2: found.rel_l2 ?? found.rel };
  };
  const number = (label: string, got: number, wanted: Result, tol: Tolerance) =>
    compare(label, { data: [got] }, { data: [wanted as number] }, tol);
  const each = (got: Record<string, number>, tol: Tolerance) =>
    Object.entries(want as Record<string, number>).flatMap(([field, wanted]) => {
      if (field === 'note' || field === 'max_imag_discarded') return []; // about the oracle's own computation
      if (got[field] === undefined) return [failure(`${name}.${field}`, 'not known')];
      return [number(`${name}.${field}`, got[field], wanted, tol)];
    });
  const frechet = (a: Float32Array, rows: number, b: Float32Array, others: number) => {
    const { value, meanTerm, traceSqrt } = fid(a, rows, b, others, d);
    return { value, mean_term: meanTerm, trace_sqrt: traceSqrt };
  };

  const few = /^fid_first(\d+)rows$/.exec(name);
  const neighbours = /^prdc_k(\d+)$/.exec(name);
  if (name === 'fid') return each(frechet(real.data, n, fake.data, m), tolerance('fid'));
  if (few) {
    const rows = Number(few[1]);
    const first = (set: OracleTensor) => set.data.subarray(0, rows * d);
    return each(frechet(first(real), rows, first(fake), rows), rows > d ? tolerance('fid') : RANK_DEFICIENT);
  }
  if (name === 'fid_self') {
    // The oracle's own value is rounding, so the right one, 0, is what is wanted.
    return [number(name, fid(real.data, n, real.data, n, d).value, 0, tolerance('fid_self'))];
  }
  if (name === 'kid_unbiased_poly3')
    return [number(name, kid(real.data, n, fake.data, m, d), want, tolerance('kid'))];
  if (name === 'kid_self_halves') {
    const half = Math.floor(n / 2);
    const got = kid(real.data.subarray(0, half * d), half, real.data.subarray(half * d), n - half, d);
    return [number(name, got, want, tolerance('kid'))];
  }
  if (neighbours) {
    const { precision, recall, density, coverage } = manifoldMetrics(
      real.data,
      n,
      fake.data,
      m,
      d,
      Number(neighbours[1]),
    );
    return each({ precision, recall, density, coverage }, tolerance('prdc'));
  }
  if (/^vendi_cosine(_order2)?$/.test(name)) {
    const score = (set: OracleTensor) =>
      vendiScore(set.data, set.shape[0], d)[name.endsWith('2') ? 'order2' : 'value'];
    return each({ real: score(real), fake: score(fake) }, tolerance('vendi'));
  }
  return [failure(name, 'not a metric that is known')];
}
