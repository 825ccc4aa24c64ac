/**
 * Owns what a generation job draws for each picture before anything runs: seed, difficulty, prompt, and the real
 * images it starts from. All of it follows from the job's seed, the class's name and the picture's number within the
 * class, so neither batches nor other classes change it, nor asking for more.
 */
import type { PromptSyntax } from '../../../../core/prompts/syntax.ts';
import { syntaxes } from '../../../../core/prompts/syntaxes.ts';
import { permutation, type Rng, rngFromSeed } from '../../../../core/rng.ts';
import type { JobParams } from '../../../../shared/jobs/index.ts';
import type { Catalog } from '../../../catalog/index.ts';
import type { UsableImage } from '../../../jobs/originals.ts';
import type { PictureRequest } from '../../../models/diffusion/generator.ts';
import { chosenClasses, difficultyDraws, picturesPerClass } from './plan-classes.ts';
import { type PlannedPrompt, promptDraws, readable, withClass } from './plan-prompts.ts';

type Params = JobParams<'generate'>;

export interface PlannedPicture extends Omit<PictureRequest, 'from'>, PlannedPrompt {
  /** Within the job. */
  index: number;
  /** Within its class. */
  number: number;
  classId: number;
  className: string;
  firstPrompt: string | null;
  /** None; the image to start from; or the two images to interpolate between. */
  sources: UsableImage[];
  /** Of a run from an image; null: from noise. */
  strength: number | null;
}

const wantedSources = { noise: 0, image: 1, interpolate: 2 } as const;

/**
 * @param adapterClasses class names in the adapter's order; null: no adapter, any class will do.
 * @param real images that pictures may start from, of any class; of no effect with init noise.
 * @throws when a class is unknown to the dataset or to the adapter, has too few real images to start from, or lacks
 *   the captions or difficulties that it shall follow; and for a prompt that is not written right.
 */
export function planPictures(
  catalog: Catalog,
  params: Params,
  adapterClasses: readonly string[] | null,
  real: readonly UsableImage[],
): PlannedPicture[] {
  const chosen = chosenClasses(catalog, params);
  const counts = picturesPerClass(catalog, params, chosen);
  const difficulties = difficultyDraws(catalog, params, chosen);
  const prompts = promptDraws(catalog, params);
  const syntax = syntaxes[params.promptSyntax];
  const planned: PlannedPicture[] = [];
  for (const [at, found] of chosen.entries()) {
    const { name } = found;
    const classIndex = adapterClasses ? adapterClasses.indexOf(name) : 0;
    if (classIndex < 0) {
      throw new Error(`the difficulty model was not trained on class ${name}; train one on this dataset`);
    }
    if (counts[at] === 0) continue;
    const images = real.filter((image) => image.classId === found.id);
    const wanted = wantedSources[params.init];
    if (images.length < wanted) {
      throw new Error(
        `class ${name} has ${images.length} of the ${wanted} training images that init ${params.init} needs; leave the class out or start from noise`,
      );
    }
    const order = permutation(images.length, rngFromSeed(params.seed, `${name} sources`));
    const difficultyOf = difficulties(found);
    const promptOf = prompts(found);
    for (let i = 0; i < counts[at]; i++) {
      const rng = rngFromSeed(params.seed, `${name} ${i}`);
      planned.push({
        index: planned.length,
        number: i,
        classId: found.id,
        className: name,
        classIndex,
        seed: rng.int(2 ** 31),
        difficulty: difficultyOf(i, rng),
        ...promptOf(i),
        negativePrompt: params.negativePrompt,
        firstPrompt: drawn(
          params.firstPrompts,
          rngFromSeed(params.seed, `${name} ${i} prompt`),
          name,
          syntax,
        ),
        sources: sourcesOf(params.init, i, order, rngFromSeed(params.seed, `${name} ${i} pair`)).map(
          (at) => images[at],
        ),
        strength:
          params.init === 'image'
            ? pick(params.strengths, rngFromSeed(params.seed, `${name} ${i} strength`))
            : null,
      });
    }
  }
  return planned;
}

/** Image to image takes every image once before any twice; pairs are drawn with replacement (Diff-II). */
function sourcesOf(init: keyof typeof wantedSources, i: number, order: Int32Array, rng: Rng): number[] {
  if (init === 'noise') return [];
  if (init === 'image') return [order[i % order.length]];
  const a = rng.int(order.length);
  const b = rng.int(order.length - 1);
  return [a, b < a ? b : b + 1];
}

function drawn(prompts: readonly string[], rng: Rng, className: string, syntax: PromptSyntax): string | null {
  return prompts.length === 0 ? null : readable(withClass(pick(prompts, rng), className), syntax);
}

const pick = <T>(from: readonly T[], rng: Rng): T => from[rng.int(from.length)];

/**
 * What may be generated together, by index in the order of the plan: pictures of one strength whose prompts take as many
 * chunks. The groups follow from the plan alone, so that a resumed job meets the same ones.
 */
export const groupsOf = (
  planned: readonly PlannedPicture[],
  chunksOf: (picture: PlannedPicture) => number,
): number[][] =>
  [...Map.groupBy(planned, (p) => `${p.strength} ${chunksOf(p)}`).values()].map((group) =>
    group.map((p) => p.index),
  );

/**
 * Another try at a picture: all that was asked for stays, and the noise is drawn anew from the job's seed, the picture
 * and the number of the attempt; attempt 0 is the picture as planned.
 */
export function candidateOf(picture: PlannedPicture, attempt: number, jobSeed: number): PlannedPicture {
  if (attempt === 0) return picture;
  const { className, number } = picture;
  return { ...picture, seed: rngFromSeed(jobSeed, `${className} ${number} attempt ${attempt}`).int(2 ** 31) };
}
