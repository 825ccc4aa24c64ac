/**
 * Owns: looking for a number that is none. A NaN spreads quietly through all that is computed from it and ends as a
 * black image or a difficulty of nothing, so every seam that numbers pass looks, and what is found fails the job.
 */

/** Something computed or read is NaN or infinite; the message says what and where. */
export class NotFinite extends Error {
  override name = 'NotFinite';
}

/** Index of the first NaN or infinity; -1: all are finite. */
export function firstNotFinite(values: Float32Array | Float64Array): number {
  // x * 0 is 0 for every finite x and NaN for all others: one sum, without a branch for each element.
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] * 0;
  return sum === 0 ? -1 : values.findIndex((v) => !Number.isFinite(v));
}

/**
 * @param what "tensor conv_in.weight" @param remedy a sentence.
 * @throws NotFinite: "tensor conv_in.weight holds NaN at element 17 of 320. Download the model again."
 */
export function requireFinite(values: Float32Array | Float64Array, what: string, remedy?: string): void {
  const at = firstNotFinite(values);
  if (at >= 0) throw notFinite(what, { value: values[at], at, of: values.length }, remedy);
}

export const notFinite = (
  what: string,
  { value, at, of }: { value: number; at: number; of: number },
  remedy?: string,
): NotFinite =>
  new NotFinite(`${what} holds ${value} at element ${at} of ${of}${remedy ? `. ${remedy}` : ''}`);
