/**
 * Owns the inverted latents of a job's source images: computed once each, in fixed groups, and kept in the job's
 * folder, because an image takes part in several pairs and its inversion costs more steps than a picture does.
 */
import { join } from 'node:path';
import { readSealed, writeSealed } from '../../../files/sealed-file.ts';
import type { UsableImage } from '../../../jobs/originals.ts';
import type { Generator } from '../../../models/diffusion/generator.ts';

export interface ImageToInvert {
  image: UsableImage;
  prompt: string;
  classIndex: number;
}

export interface InversionOptions {
  /** The job's folder. */
  folder: string;
  steps: number;
  /** Scaled latents f32[c,h,w] of the image. */
  encode(image: UsableImage): Promise<Float32Array>;
  /** Called at every step; may throw to stop. `done` images of `total`. */
  onStep(done: number, total: number): void;
  /** Told of stored latents that cannot be read, which are computed again. */
  onDamaged(text: string): void;
}

/** Of an image's id: its inverted latents f32[c,h,w], read from disk. */
export type InvertedLatents = (id: number) => Float32Array;

/**
 * Inverts what is not there yet. Groups have fixed borders: a resumed job computes the same numbers, to the bit.
 * @param images each image once, in an order that depends on the job alone.
 */
export async function invertImages(
  generator: Generator,
  images: readonly ImageToInvert[],
  { folder, steps, encode, onStep, onDamaged }: InversionOptions,
): Promise<InvertedLatents> {
  const fileOf = (id: number) => join(folder, 'inverted', `${id}.f32`);
  const isThere = (id: number): boolean => {
    try {
      return readSealed(fileOf(id)) !== null;
    } catch (error) {
      onDamaged(`${fileOf(id)} cannot be read: ${(error as Error).message}; inverts its image again`);
      return false;
    }
  };
  for (let start = 0; start < images.length; start += generator.rows) {
    const group = images.slice(start, start + generator.rows);
    onStep(start, images.length);
    if (group.every(({ image }) => isThere(image.id))) continue;
    const latents: Float32Array[] = [];
    for (const { image } of group) latents.push(await encode(image));
    const inverted = await generator.invert(
      group.map(({ prompt, classIndex }, i) => ({ prompt, classIndex, latents: latents[i] })),
      steps,
      () => onStep(start, images.length),
    );
    for (const [i, { image }] of group.entries()) {
      writeSealed(
        fileOf(image.id),
        new Uint8Array(inverted[i].buffer, inverted[i].byteOffset, inverted[i].byteLength),
      );
    }
  }
  return (id) => new Float32Array(readSealed(fileOf(id))!.buffer);
}
