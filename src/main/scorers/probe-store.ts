/** Owns how a scorer's probes are kept in the catalog, and what several of them say together. */
import { type Probe, probeProbabilities } from '../../core/difficulty/probe.ts';
import { type ProbeHeader, restoreProbe, serialiseProbe } from '../../core/difficulty/probe-file.ts';

export interface StoredProbes {
  headers: unknown[];
  /** The probes' numbers one after another. */
  data: Float32Array;
}

export function storeProbes(probes: readonly Probe[]): StoredProbes {
  const stored = probes.map(serialiseProbe);
  const data = new Float32Array(stored.reduce((sum, s) => sum + s.data.length, 0));
  let at = 0;
  for (const { data: own } of stored) {
    data.set(own, at);
    at += own.length;
  }
  return { headers: stored.map((s) => s.header), data };
}

export function restoreProbes({ headers, data }: StoredProbes): Probe[] {
  let at = 0;
  return (headers as ProbeHeader[]).map((header) => {
    const { d, k } = header;
    const length = 2 * d + k * d + k;
    const probe = restoreProbe({ header, data: data.slice(at, at + length) });
    at += length;
    return probe;
  });
}

/** Mean of the probes' probabilities: none of them has seen a new image. features: f32[n,d] -> f32[n,k]. */
export function meanProbabilities(probes: readonly Probe[], features: Float32Array, n: number): Float32Array {
  if (probes.length === 0) throw new Error('probes: none are stored; score again');
  const mean = new Float32Array(n * probes[0].k);
  for (const probe of probes) {
    const p = probeProbabilities(probe, features, n);
    for (let i = 0; i < mean.length; i++) mean[i] += p[i] / probes.length;
  }
  return mean;
}
