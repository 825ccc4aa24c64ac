/**
 * Owns: the outer boxes of an AVIF. Source: ISO/IEC 14496-12 (boxes, brands), and the AVIF specification: an animation
 * has the major brand "avis", and beside its track, as every encoder writes it, a still image.
 */
import { UnreadableImage } from './errors.ts';

/**
 * An animation under the brand of still images, by which the decoder shows its still one; any other file as it is. A copy
 * is made only of animations.
 */
export function withStillBrand(bytes: Uint8Array): Uint8Array {
  if (Buffer.from(bytes.subarray(8, 12)).toString('latin1') !== 'avis') return bytes;
  if (!boxTypes(bytes).includes('meta'))
    throw new UnreadableImage('an AVIF animation without a still image is not supported; convert it to PNG');
  const copy = Uint8Array.from(bytes);
  copy.set(Buffer.from('avif', 'latin1'), 8);
  return copy;
}

/** Types of the boxes at the top, in order. */
function boxTypes(bytes: Uint8Array): string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const types: string[] = [];
  for (let at = 0; at + 16 <= bytes.length; ) {
    types.push(Buffer.from(bytes.subarray(at + 4, at + 8)).toString('latin1'));
    const size = view.getUint32(at);
    if (size === 0) break; // up to the end
    at += Math.max(8, size === 1 ? Number(view.getBigUint64(at + 8)) : size);
  }
  return types;
}
