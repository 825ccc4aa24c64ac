/**
 * Owns bringing an image file to what a network takes. Pillow's and PyTorch's arithmetic starts from the image at its
 * full size: the codec's own shrinking while it loads would change what they see.
 */
import { type Preprocessing, prepare } from '../../core/images/preprocessing.ts';
import { decodeRgb, decodeWhole } from './decode.ts';

/**
 * u8[height,width,3] of an image file's bytes, with `margin` pixels more on each side.
 * @throws UnreadableImage
 */
export async function preparedPixels(bytes: Uint8Array, p: Preprocessing, margin = 0): Promise<Uint8Array> {
  if (p.arithmetic !== 'libvips') return await decodeWhole(bytes, (image) => prepare(image, p, margin));
  const { resize } = p;
  if (resize?.to !== 'size' && resize?.to !== 'cover') {
    throw new Error(`prepare: libvips stretches or covers, got ${resize?.to ?? 'no resizing'}`);
  }
  const { width, height } = resize;
  const image = await decodeRgb(bytes, { width, height, fit: resize.to === 'size' ? 'fill' : 'cover' });
  return prepare(image, { ...p, resize: null, arithmetic: 'pillow' }, margin);
}
