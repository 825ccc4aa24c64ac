/** Owns rounding as IEEE 754 and numpy have it. */

/** Rounds half to even, as the reference's rint does: 2.5 -> 2, 3.5 -> 4. */
export function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}
