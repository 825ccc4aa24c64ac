/**
 * Owns how a network that was distilled with guidance (Luo et al. 2023, "Latent Consistency Models", sec. 4.3) is told the
 * scale: sinusoids of w = scale - 1, computed as diffusers' get_guidance_scale_embedding does, rounding included: angles
 * reach thousands, where the last bit of a frequency shows.
 */

/** f32[width] */
export function guidanceEmbedding(guidanceScale: number, width: number): Float32Array<ArrayBuffer> {
  const { fround } = Math;
  const half = Math.floor(width / 2);
  const w = fround(fround(guidanceScale - 1) * 1000);
  const step = fround(fround(Math.log(10000)) / (half - 1));
  const out = new Float32Array(width); // an odd width ends in zero
  for (let i = 0; i < half; i++) {
    const angle = fround(w * fround(Math.exp(fround(-step * i))));
    out[i] = Math.sin(angle);
    out[half + i] = Math.cos(angle);
  }
  return out;
}
