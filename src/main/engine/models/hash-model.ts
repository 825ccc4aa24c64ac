/** Owns the hash of a model that is added, which provenance records: over all of its weights. */
import { statSync } from 'node:fs';
import type { ModelKind } from '../../../shared/domain.ts';
import { hashFile } from '../images/hash.ts';
import { hashFolder } from './hash-folder.ts';

/** @param kind as the check found it. */
export async function hashModel({ path, kind }: { path: string; kind: ModelKind }): Promise<string> {
  if (kind === 'captioner' || kind === 'difficulty-adapter') return await hashFolder(path);
  if (kind === 'diffusion') {
    const { openGenerationModel } = await import('../diffusion/generation-model.ts');
    return await openGenerationModel(path).hash();
  }
  if (!statSync(path).isDirectory()) return await hashFile(path);
  const { readVisionFolder } = await import('./vision-folder.ts');
  return await readVisionFolder(path, path).part.hash();
}
