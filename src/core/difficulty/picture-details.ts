/**
 * Owns the second look at two images that an encoder finds nearly the same: whether their details lie in the same
 * places. An encoder is made to give similar images similar features, so that features alone cannot tell a copy from
 * another image of its kind; details can. Layout and light, which unrelated images share (a white background, a centred
 * thing), are taken out: each tone is compared with those around it. docs/decisions/0013-near-duplicates.md has figures.
 */

/** Pixels a side. */
export const DETAIL_SIDE = 16;
/** Numbers of one image. */
export const DETAIL_NUMBERS = DETAIL_SIDE * DETAIL_SIDE * 3;

/** Levels, mean of the details' sizes: where an image has less, what is left is compression and noise. */
const FAINTEST = 2;
/** Means of the details' sizes at which one is cut off, so that a thing that moves in front of a still camera counts little. */
const STRONGEST = 2;
/** Stored units per standard deviation; none is above two of these. */
const SCALE = 60;
/** Largest mean squared difference, in units of the variance: 0.4 is a correlation of 0.8. */
const LARGEST = 0.4 * SCALE ** 2 * DETAIL_NUMBERS;

/** pixels: u8[16,16,3], the whole image stretched to it -> i8[768], written to `out` from `at`. */
export function writeDetails(pixels: Uint8Array, out: Int8Array, at: number): void {
  if (pixels.length !== DETAIL_NUMBERS)
    throw new Error(`details: ${pixels.length} numbers, expected ${DETAIL_SIDE} x ${DETAIL_SIDE} RGB pixels`);
  const details = new Float32Array(DETAIL_NUMBERS);
  let sizes = 0;
  for (let y = 0; y < DETAIL_SIDE; y++)
    for (let x = 0; x < DETAIL_SIDE; x++)
      for (let channel = 0; channel < 3; channel++) {
        const own = (y * DETAIL_SIDE + x) * 3 + channel;
        details[own] = pixels[own] - meanAround(pixels, x, y, channel);
        sizes += Math.abs(details[own]);
      }
  const usual = Math.max(FAINTEST, sizes / DETAIL_NUMBERS);
  let squares = 0;
  for (const [i, detail] of details.entries()) {
    details[i] = Math.max(-STRONGEST, Math.min(STRONGEST, detail / usual));
    squares += details[i] ** 2;
  }
  const scale = SCALE / Math.max(1, Math.sqrt(squares / DETAIL_NUMBERS));
  for (const [i, detail] of details.entries()) out[at + i] = Math.round(detail * scale);
}

/** Of the 3 x 3 pixels around one; those beyond the border are the border's own. */
function meanAround(pixels: Uint8Array, x: number, y: number, channel: number): number {
  let sum = 0;
  for (let row = y - 1; row <= y + 1; row++)
    for (let column = x - 1; column <= x + 1; column++)
      sum += pixels[(inside(row) * DETAIL_SIDE + inside(column)) * 3 + channel];
  return sum / 9;
}

const inside = (at: number) => Math.max(0, Math.min(DETAIL_SIDE - 1, at));

/** Whether rows a and b of i8[n,768] are the same image by their details. */
export function sameDetails(details: Int8Array, a: number, b: number): boolean {
  let sum = 0;
  for (let i = 0; i < DETAIL_NUMBERS; i++)
    sum += (details[a * DETAIL_NUMBERS + i] - details[b * DETAIL_NUMBERS + i]) ** 2;
  return sum <= LARGEST;
}
