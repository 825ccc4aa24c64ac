/**
 * Owns the normal numbers that torch.randn gives on the CPU from torch.manual_seed(seed), so that runs which add noise
 * can be compared with recorded ones: MT19937, 24-bit uniforms, and Box-Muller on blocks of sixteen. For sizes that are
 * multiples of sixteen.
 */

/** The source continues from call to call, as one torch.Generator does. */
export function torchRandn(seed: number): (size: number) => Float32Array {
  const next = mersenneTwister(seed);
  return (size) => {
    if (size % 16 !== 0) throw new Error(`torchRandn: ${size} numbers, expected a multiple of 16`);
    const uniforms = Float32Array.from({ length: size }, () => (next() & 0xffffff) / 2 ** 24);
    const out = new Float32Array(size);
    for (let block = 0; block < size; block += 16) {
      for (let j = block; j < block + 8; j++) {
        const radius = Math.sqrt(-2 * Math.log(Math.fround(1 - uniforms[j])));
        const theta = 2 * Math.PI * uniforms[j + 8];
        out[j] = radius * Math.cos(theta);
        out[j + 8] = radius * Math.sin(theta);
      }
    }
    return out;
  };
}

/** Matsumoto & Nishimura 1998: unsigned 32-bit numbers. */
function mersenneTwister(seed: number): () => number {
  const N = 624;
  const M = 397;
  const state = new Uint32Array(N);
  state[0] = seed;
  for (let i = 1; i < N; i++) state[i] = Math.imul(1812433253, state[i - 1] ^ (state[i - 1] >>> 30)) + i;
  let at = N;
  return () => {
    if (at === N) {
      for (let i = 0; i < N; i++) {
        const y = (state[i] & 0x80000000) | (state[(i + 1) % N] & 0x7fffffff);
        state[i] = state[(i + M) % N] ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
      }
      at = 0;
    }
    let y = state[at++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    y ^= y >>> 18;
    return y >>> 0;
  };
}
