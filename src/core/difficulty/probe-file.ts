/** Owns the stored form of a probe: one flat Float32Array and a small JSON header. */
import type { Probe } from './probe.ts';

export interface ProbeHeader {
  kind: 'crux-probe';
  version: 1;
  d: number;
  k: number;
  l2: number;
  iterations: number;
  converged: boolean;
}

/** data: mean[d], scale[d], weights[k,d], bias[k], in this order. */
export interface StoredProbe {
  header: ProbeHeader;
  data: Float32Array;
}

export function serialiseProbe(probe: Probe): StoredProbe {
  const { d, k, l2, iterations, converged } = probe;
  const data = new Float32Array(2 * d + k * d + k);
  data.set(probe.mean, 0);
  data.set(probe.scale, d);
  data.set(probe.weights, 2 * d);
  data.set(probe.bias, 2 * d + k * d);
  return { header: { kind: 'crux-probe', version: 1, d, k, l2, iterations, converged }, data };
}

export function restoreProbe({ header, data }: StoredProbe): Probe {
  const { kind, version, d, k, l2, iterations, converged } = header;
  if (kind !== 'crux-probe' || version !== 1) {
    throw new Error(`probe: stored as ${kind} version ${version}, wanted crux-probe version 1; score again`);
  }
  if (data.length !== 2 * d + k * d + k) {
    throw new Error(
      `probe: ${data.length} stored numbers, wanted ${2 * d + k * d + k} for d ${d} and k ${k}`,
    );
  }
  return {
    d,
    k,
    mean: data.slice(0, d),
    scale: data.slice(d, 2 * d),
    weights: data.slice(2 * d, 2 * d + k * d),
    bias: data.slice(2 * d + k * d),
    l2,
    iterations,
    converged,
  };
}
