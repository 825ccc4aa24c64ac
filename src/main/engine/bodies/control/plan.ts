/** Owns which pictures a report on difficulty needs: every class, every seed, every level. */
import { syntaxes } from '../../../../core/prompts/syntaxes.ts';
import { rngFromSeed } from '../../../../core/rng.ts';
import type { JobParams } from '../../../../shared/jobs/index.ts';
import { type Catalog, classesOf } from '../../../catalog/index.ts';
import type { PictureRequest } from '../../../models/diffusion/generator.ts';
import { readable, requireNoLora, withClass } from '../generate/plan-prompts.ts';

export interface PlannedPicture extends PictureRequest {
  className: string;
  /** Position of the level in rising order. */
  level: number;
  /** Number of the seed within the class. */
  draw: number;
}

/** The classes asked for. @throws for one that the dataset does not have or the model was not trained on. */
export function namesOf(
  { catalog, params }: { catalog: Catalog; params: Pick<JobParams<'control'>, 'classes' | 'datasetId'> },
  trained: readonly string[],
): string[] {
  const names = params.classes === 'all' ? [...trained] : params.classes;
  const known = new Set(classesOf(catalog, params.datasetId).map((c) => c.name));
  for (const name of names) {
    if (!known.has(name)) throw new Error(`class ${name} is not in this dataset`);
    if (!trained.includes(name))
      throw new Error(`the difficulty model was not trained on class ${name}; train one on this dataset`);
  }
  return names;
}

/** Every level of a seed beside the others, so that what differs in a batch is the difficulty. */
export function plan(
  params: Pick<JobParams<'control'>, 'count' | 'seed' | 'prompt' | 'negativePrompt' | 'promptSyntax'>,
  names: readonly string[],
  trained: readonly string[],
  levels: readonly number[],
): PlannedPicture[] {
  const syntax = syntaxes[params.promptSyntax];
  requireNoLora(params.negativePrompt, syntax, 'the negative prompt');
  requireNoLora(
    params.prompt,
    syntax,
    'the prompt of a control report, which measures the model without further LoRAs,',
  );
  return names.flatMap((className) =>
    Array.from({ length: params.count }, (_, draw) => {
      const seed = rngFromSeed(params.seed, `${className} ${draw}`).int(2 ** 31);
      return levels.map((difficulty, level) => ({
        className,
        classIndex: trained.indexOf(className),
        draw,
        level,
        seed,
        difficulty,
        prompt: readable(withClass(params.prompt, className), syntax),
        negativePrompt: params.negativePrompt,
      }));
    }).flat(),
  );
}
