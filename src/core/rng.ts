/**
 * Owns Crux's only source of randomness: a small seeded generator (sfc32), so that every result is
 * reproducible from a seed and `Math.random` is never needed in core.
 */

export interface Rng {
  /** Uniform in [0,1), 32 bits of resolution. */
  uniform(): number;
  /** Standard normal, by Box-Muller (both values used). */
  normal(): number;
  /** Uniform integer in [0, n). */
  int(n: number): number;
  /** The state, to be handed to `rngFromState` for an exact continuation. */
  state(): number[];
}

/**
 * A generator whose stream depends only on `seed` (a whole number up to 2^53 - 1, of which every bit counts) and, where
 * given, the `stream` name.
 */
export function rngFromSeed(seed: number, stream = ''): Rng {
  const high = Math.floor(seed / 4294967296) >>> 0;
  let h = 0x9e3779b9 ^ (seed >>> 0) ^ Math.imul(high, 0x85ebca6b);
  const mix = (v: number) => {
    h = Math.imul(h ^ v, 0xcc9e2d51);
    h = (h << 15) | (h >>> 17);
    h = (Math.imul(h, 5) + 0xe6546b64) | 0;
    return h >>> 0;
  };
  for (let i = 0; i < stream.length; i++) mix(stream.charCodeAt(i));
  // h has 32 bits, so that the high ones of a seed go into the state by themselves as well; odd factors keep them apart.
  const rng = rngFromState([mix(1), mix(2), mix(3) ^ Math.imul(high, 0xc2b2ae35), 1, Number.NaN]);
  for (let i = 0; i < 15; i++) rng.uniform();
  return rng;
}

/** Continues a generator from `state()`: four 32-bit words and the spare normal (NaN where none is kept). */
export function rngFromState(state: readonly number[]): Rng {
  if (state.length !== 5) throw new Error(`rng state: ${state.length} numbers, wanted 5`);
  let [a, b, c, d] = state.map((v) => v | 0);
  let spare = state[4];
  const next = () => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return t >>> 0;
  };
  const uniform = () => next() / 4294967296;
  return {
    uniform,
    normal() {
      if (!Number.isNaN(spare)) {
        const value = spare;
        spare = Number.NaN;
        return value;
      }
      const r = Math.sqrt(-2 * Math.log(1 - uniform()));
      const angle = 2 * Math.PI * uniform();
      spare = r * Math.sin(angle);
      return r * Math.cos(angle);
    },
    int: (n) => Math.floor(uniform() * n),
    state: () => [a >>> 0, b >>> 0, c >>> 0, d >>> 0, spare],
  };
}

/** f32[n] of standard normals. */
export function randn(n: number, rng: Rng): Float32Array {
  const out = new Float32Array(n);
  for (let i = 0; i < n; i++) out[i] = rng.normal();
  return out;
}

/** Fisher-Yates: a permutation of 0..n-1. */
export function permutation(n: number, rng: Rng): Int32Array {
  const p = Int32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = rng.int(i + 1);
    const t = p[i];
    p[i] = p[j];
    p[j] = t;
  }
  return p;
}
