/**
 * Owns the discrete Fourier transform of t-SNE's grids: Stockham's autosorting form with radices 4, 2, 3 and 5,
 * on several interleaved signals at once, which turns its inner loop into a long run over neighbours in memory.
 */

/** A plan for signals of one length. */
export interface FourierPlan {
  length: number;
  /**
   * Transforms `batch` signals in place: element t of signal b at [t * batch + b], real and imaginary parts
   * apart. Sign -1 in the exponent forward, +1 for `inverse`; not scaled.
   */
  transform(re: Float64Array, im: Float64Array, batch: number, inverse: boolean): void;
}

/** Whether a plan exists for this length: no prime factor above 5. */
export function isSmooth(length: number): boolean {
  let rest = length;
  for (const p of [2, 3, 5]) while (rest % p === 0) rest /= p;
  return rest === 1;
}

export function fourierPlan(length: number): FourierPlan {
  if (!(length >= 1) || !isSmooth(length)) {
    throw new Error(`fft: length ${length}, wanted a product of 2, 3 and 5`);
  }
  const radices: number[] = [];
  let rest = length;
  for (const r of [4, 2, 3, 5]) {
    while (rest % r === 0) {
      radices.push(r);
      rest /= r;
    }
  }
  const cos = Float64Array.from({ length }, (_, i) => Math.cos((2 * Math.PI * i) / length));
  const sin = Float64Array.from({ length }, (_, i) => -Math.sin((2 * Math.PI * i) / length));
  let scratchRe = new Float64Array(0);
  let scratchIm = new Float64Array(0);

  return {
    length,
    transform(re, im, batch, inverse) {
      const size = length * batch;
      if (scratchRe.length < size) {
        scratchRe = new Float64Array(size);
        scratchIm = new Float64Array(size);
      }
      // The inverse is the forward transform with real and imaginary parts exchanged.
      let fromRe = inverse ? im : re;
      let fromIm = inverse ? re : im;
      let toRe: Float64Array = scratchRe;
      let toIm: Float64Array = scratchIm;
      let n = length;
      let s = batch;
      for (const radix of radices) {
        const m = n / radix;
        const step = length / n;
        for (let p = 0; p < m; p++) butterfly(radix, p, fromRe, fromIm, toRe, toIm, m, s, step);
        [fromRe, toRe] = [toRe, fromRe];
        [fromIm, toIm] = [toIm, fromIm];
        n = m;
        s *= radix;
      }
      if (radices.length % 2 === 1) {
        (inverse ? im : re).set(fromRe.subarray(0, size));
        (inverse ? re : im).set(fromIm.subarray(0, size));
      }
    },
  };

  function butterfly(
    radix: number,
    p: number,
    xr: Float64Array,
    xi: Float64Array,
    yr: Float64Array,
    yi: Float64Array,
    m: number,
    s: number,
    step: number,
  ): void {
    const a = s * p;
    const hop = s * m;
    const out = s * radix * p;
    const c1 = cos[p * step];
    const s1 = sin[p * step];
    if (radix === 2) radix2(xr, xi, yr, yi, a, hop, out, s, c1, s1);
    else if (radix === 4) {
      const c2 = cos[2 * p * step];
      const s2 = sin[2 * p * step];
      radix4(xr, xi, yr, yi, a, hop, out, s, c1, s1, c2, s2, cos[3 * p * step], sin[3 * p * step]);
    } else if (radix === 3) {
      radix3(xr, xi, yr, yi, a, hop, out, s, c1, s1, cos[2 * p * step], sin[2 * p * step]);
    } else radix5(xr, xi, yr, yi, a, hop, out, s, p * step);
  }

  function radix5(
    xr: Float64Array,
    xi: Float64Array,
    yr: Float64Array,
    yi: Float64Array,
    a: number,
    hop: number,
    out: number,
    s: number,
    turn: number,
  ): void {
    const c1 = cos[turn];
    const s1 = sin[turn];
    const c2 = cos[2 * turn];
    const s2 = sin[2 * turn];
    const c3 = cos[3 * turn];
    const s3 = sin[3 * turn];
    const c4 = cos[4 * turn];
    const s4 = sin[4 * turn];
    for (let q = 0; q < s; q++) {
      const i0 = a + q;
      const i1 = i0 + hop;
      const i2 = i1 + hop;
      const i3 = i2 + hop;
      const i4 = i3 + hop;
      const sum1r = xr[i1] + xr[i4];
      const sum1i = xi[i1] + xi[i4];
      const sum2r = xr[i2] + xr[i3];
      const sum2i = xi[i2] + xi[i3];
      const dif1r = xr[i1] - xr[i4];
      const dif1i = xi[i1] - xi[i4];
      const dif2r = xr[i2] - xr[i3];
      const dif2i = xi[i2] - xi[i3];
      const ar = xr[i0] + COS72 * sum1r + COS144 * sum2r;
      const ai = xi[i0] + COS72 * sum1i + COS144 * sum2i;
      const br = xr[i0] + COS144 * sum1r + COS72 * sum2r;
      const bi = xi[i0] + COS144 * sum1i + COS72 * sum2i;
      const cr = SIN72 * dif1r + SIN144 * dif2r;
      const ci = SIN72 * dif1i + SIN144 * dif2i;
      const dr = SIN144 * dif1r - SIN72 * dif2r;
      const di = SIN144 * dif1i - SIN72 * dif2i;
      const o = out + q;
      yr[o] = xr[i0] + sum1r + sum2r;
      yi[o] = xi[i0] + sum1i + sum2i;
      put(yr, yi, o + s, ar + ci, ai - cr, c1, s1);
      put(yr, yi, o + 2 * s, br + di, bi - dr, c2, s2);
      put(yr, yi, o + 3 * s, br - di, bi + dr, c3, s3);
      put(yr, yi, o + 4 * s, ar - ci, ai + cr, c4, s4);
    }
  }
}

const SIN60 = Math.sqrt(3) / 2;
const COS72 = Math.cos((2 * Math.PI) / 5);
const COS144 = Math.cos((4 * Math.PI) / 5);
const SIN72 = Math.sin((2 * Math.PI) / 5);
const SIN144 = Math.sin((4 * Math.PI) / 5);

function put(
  yr: Float64Array,
  yi: Float64Array,
  at: number,
  re: number,
  im: number,
  c: number,
  s: number,
): void {
  yr[at] = re * c - im * s;
  yi[at] = re * s + im * c;
}

function radix2(
  xr: Float64Array,
  xi: Float64Array,
  yr: Float64Array,
  yi: Float64Array,
  a: number,
  hop: number,
  out: number,
  s: number,
  c1: number,
  s1: number,
): void {
  for (let q = 0; q < s; q++) {
    const i0 = a + q;
    const i1 = i0 + hop;
    const o = out + q;
    const dr = xr[i0] - xr[i1];
    const di = xi[i0] - xi[i1];
    yr[o] = xr[i0] + xr[i1];
    yi[o] = xi[i0] + xi[i1];
    put(yr, yi, o + s, dr, di, c1, s1);
  }
}

function radix3(
  xr: Float64Array,
  xi: Float64Array,
  yr: Float64Array,
  yi: Float64Array,
  a: number,
  hop: number,
  out: number,
  s: number,
  c1: number,
  s1: number,
  c2: number,
  s2: number,
): void {
  for (let q = 0; q < s; q++) {
    const i0 = a + q;
    const i1 = i0 + hop;
    const i2 = i1 + hop;
    const o = out + q;
    const sumR = xr[i1] + xr[i2];
    const sumI = xi[i1] + xi[i2];
    const midR = xr[i0] - 0.5 * sumR;
    const midI = xi[i0] - 0.5 * sumI;
    const difR = SIN60 * (xr[i1] - xr[i2]);
    const difI = SIN60 * (xi[i1] - xi[i2]);
    yr[o] = xr[i0] + sumR;
    yi[o] = xi[i0] + sumI;
    put(yr, yi, o + s, midR + difI, midI - difR, c1, s1);
    put(yr, yi, o + 2 * s, midR - difI, midI + difR, c2, s2);
  }
}

function radix4(
  xr: Float64Array,
  xi: Float64Array,
  yr: Float64Array,
  yi: Float64Array,
  a: number,
  hop: number,
  out: number,
  s: number,
  c1: number,
  s1: number,
  c2: number,
  s2: number,
  c3: number,
  s3: number,
): void {
  for (let q = 0; q < s; q++) {
    const i0 = a + q;
    const i1 = i0 + hop;
    const i2 = i1 + hop;
    const i3 = i2 + hop;
    const o = out + q;
    const ar = xr[i0] + xr[i2];
    const ai = xi[i0] + xi[i2];
    const br = xr[i0] - xr[i2];
    const bi = xi[i0] - xi[i2];
    const cr = xr[i1] + xr[i3];
    const ci = xi[i1] + xi[i3];
    const dr = xr[i1] - xr[i3];
    const di = xi[i1] - xi[i3];
    yr[o] = ar + cr;
    yi[o] = ai + ci;
    put(yr, yi, o + s, br + di, bi - dr, c1, s1);
    put(yr, yi, o + 2 * s, ar - cr, ai - ci, c2, s2);
    put(yr, yi, o + 3 * s, br - di, bi + dr, c3, s3);
  }
}
