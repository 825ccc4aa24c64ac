/**
 * Owns the look at latents while a picture is being made. A real decoder costs from a millisecond (the built-in
 * model) to half a minute (Stable Diffusion on a CPU), and must not slow the work it shows. So: the decoder as long
 * as its measured time is a small share of the time between two looks; a linear map of the latents otherwise,
 * fitted to pictures that were decoded anyway (each finished one), so that it costs no decoding of its own.
 */
import { fitLatentToRgb, type LatentToRgb, latentToRgb } from '../../../core/diffusion/latent-preview.ts';
import type { ImageDecoder } from './generation-model.ts';

export interface PreviewPicture {
  width: number;
  height: number;
  /** u8[height,width,3] */
  rgb: Uint8Array;
}

export interface Previewer {
  /** A finished picture: the decoder, timed, and one more example for the map. */
  decode(latents: Float32Array): Promise<Uint8Array>;
  /** Latents f32[c,h,w] as they are now; null when it is too early to look again. */
  look(latents: Float32Array): Promise<PreviewPicture | null>;
}

const BETWEEN_MS = 700;
/** Decoding for looks takes at most this share of the time. */
const SHARE = 0.1;
/** Pictures the map is fitted to; more change nothing that is seen. */
const EXAMPLES = 4;

/** @param side height and width of the latents. @param size of the pictures. @param now milliseconds. */
export function createPreviewer(
  decoder: ImageDecoder,
  side: number,
  size: number,
  now: () => number = () => performance.now(),
): Previewer {
  const examples: { latents: Float32Array; picture: Uint8Array }[] = [];
  let map: LatentToRgb | null = null;
  let decodeMs: number | null = null;
  let looked = now();

  const timed = async (latents: Float32Array) => {
    const start = now();
    const picture = await decoder.decode(latents);
    decodeMs = now() - start;
    return picture;
  };
  return {
    async decode(latents) {
      const picture = await timed(latents);
      if (examples.length < EXAMPLES) {
        examples.push({ latents: latents.slice(), picture });
        map = null;
      }
      return picture;
    },
    async look(latents) {
      const waited = now() - looked;
      if (waited < BETWEEN_MS) return null;
      const affordable = decodeMs === null || decodeMs <= SHARE * waited;
      const quick = decodeMs !== null && decodeMs <= SHARE * BETWEEN_MS;
      if (examples.length > 0 && !quick) {
        map ??= fitLatentToRgb(examples, side, size);
        looked = now();
        return { width: side, height: side, rgb: latentToRgb(map, latents) };
      }
      if (!affordable) return null;
      const rgb = await timed(latents);
      looked = now();
      return { width: size, height: size, rgb };
    },
  };
}
