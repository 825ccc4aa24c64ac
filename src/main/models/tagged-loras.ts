/** Owns which LoRA a prompt means by <lora:name:weight>: one of the job's files, or of the catalog's LoRAs. */
import { basename, extname } from 'node:path';
import { writtenTag } from '../../core/prompts/lora-tags.ts';
import type { LoraTag } from '../../core/prompts/syntax.ts';
import { syntaxes } from '../../core/prompts/syntaxes.ts';
import type { JobParams } from '../../shared/jobs/index.ts';
import type { PromptSyntaxName } from '../../shared/prompting.ts';
import { type Catalog, CatalogError } from '../catalog/index.ts';
import { firstFew } from '../files/first-few.ts';
import { listModels } from './registry.ts';

type Loras = JobParams<'generate'>['loras'];

const allWritten = (tags: readonly LoraTag[]): string => tags.map(writtenTag).sort().join(' ') || 'none';

/**
 * The LoRAs that all of these prompts ask for. The network is built once for a job, with its LoRAs in its weights, so
 * that prompts of one job ask for the same.
 * @throws naming two that do not.
 */
export function tagsOf(prompts: Iterable<string>, syntax: PromptSyntaxName): readonly LoraTag[] {
  let all: readonly LoraTag[] | null = null;
  for (const prompt of prompts) {
    const { loras } = syntaxes[syntax].read(prompt);
    all ??= loras;
    if (allWritten(loras) !== allWritten(all))
      throw new Error(
        `prompts of one job ask for different LoRAs (${allWritten(all)}; ${allWritten(loras)}). A job puts its LoRAs on the model once, for all of its images: name the same in every prompt, or make a job for each`,
      );
  }
  return all ?? [];
}

/**
 * The job's LoRAs with those that prompts name: a weight in a prompt counts more than the list's.
 * @throws CatalogError listing what there is, where a name is none or several of them.
 */
export function withTagged(catalog: Catalog, loras: Loras, tags: readonly LoraTag[]): Loras {
  if (tags.length === 0) return loras;
  const all = loras.map((lora) => ({ ...lora }));
  const models = listModels(catalog).filter(({ kind, usable }) => kind === 'lora' && usable);
  for (const tag of tags) {
    const listed = all.filter(({ path }) => stem(path) === tag.name);
    const inCatalog = models.filter(({ name, path }) => name === tag.name || stem(path) === tag.name);
    const found = listed.length > 0 ? listed : inCatalog.map(({ path }) => ({ path, weight: 1 }));
    if (found.length !== 1) {
      const names = [...new Set([...all.map(({ path }) => stem(path)), ...models.map(({ name }) => name)])];
      const there =
        names.length === 0
          ? 'there is none'
          : `${names.length === 1 ? 'the only one is' : 'there are'} ${firstFew(names, 10)}`;
      throw new CatalogError(
        'invalid',
        found.length === 0
          ? `${writtenTag(tag)}: no LoRA of that name; ${there}. Give its file to the job as well, or take it out of the prompt`
          : `${writtenTag(tag)}: ${found.length} LoRAs have that name; rename one of them`,
      );
    }
    const [lora] = found;
    if (listed.length === 0) all.push(lora);
    if (tag.weight !== null) lora.weight = tag.weight;
  }
  return all;
}

const stem = (path: string): string => basename(path, extname(path));
