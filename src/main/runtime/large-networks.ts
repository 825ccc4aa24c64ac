/** Owns which networks count as large: what opening one does, and what memory it takes, follow from it. */

/**
 * Weights from which on the CPU reads them in place: Stable Diffusion's U-Net and text encoder, not its
 * autoencoder, whose few weights are worth reordering. The others would open in many seconds and take a copy in
 * float32, and their runs would hardly be faster for it (docs/benchmarks.md).
 */
export const largeFrom = 2 ** 26;
