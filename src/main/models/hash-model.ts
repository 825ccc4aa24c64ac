/** Owns the hash of a model that is added, which provenance records: over all of its weights, and of an encoder how its images are prepared.
 * Weights of a diffusion model that are not finite are refused here, as jobs refuse them. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ModelKind } from '../../shared/domain/model.ts';
import { hashFile } from '../files/hash.ts';
import { hashFolder } from '../files/hash-folder.ts';

/** @param kind as the check found it. */
export async function hashModel({ path, kind }: { path: string; kind: ModelKind }): Promise<string> {
  if (kind === 'captioner' || kind === 'difficulty-adapter') return await hashFolder(path);
  if (kind === 'diffusion') {
    // What is to be read in any case is looked through as well; exported graphs are not opened for it.
    if (!existsSync(join(path, 'unet', 'model.onnx')))
      await (await import('./check-diffusion.ts')).requireFiniteModel(path);
    const { openGenerationModel } = await import('./diffusion/generation-model.ts');
    return await openGenerationModel(path).hash();
  }
  if (!statSync(path).isDirectory()) return await hashFile(path);
  const { networkHash } = await import('./network-encoder.ts');
  const { readVisionFolder } = await import('./vision-folder.ts');
  const { part, network } = readVisionFolder(path, path);
  return await networkHash(part, network);
}
