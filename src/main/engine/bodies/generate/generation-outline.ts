/** Owns what a generation would make, told while its form is filled in: from the plan itself, without any model. */
import { asText } from '../../../../core/prompts/put-in.ts';
import type { GenerationOutline } from '../../../../shared/domain/provenance.ts';
import type { JobParams } from '../../../../shared/jobs/index.ts';
import { type Catalog, currentScorerId, trainingDifficulties } from '../../../catalog/index.ts';
import { tagsOf, withTagged } from '../../../models/tagged-loras.ts';
import { chosenClasses, difficultyDraws, picturesPerClass } from './plan-classes.ts';
import { promptDraws } from './plan-prompts.ts';

const exampleCount = 4;
/** Prompts that are looked through for what a job would refuse. */
const readCount = 200;
/** Of the histogram of the training images. */
const binCount = 25;

/** Problems are part of the answer, each under the setting that it is about. */
export function outlineGeneration(catalog: Catalog, params: JobParams<'generate'>): GenerationOutline {
  const outline: GenerationOutline = { classes: [], real: null, examples: [], problems: {} };
  const look = (setting: keyof GenerationOutline['problems'], at: () => void) => {
    try {
      at();
    } catch (error) {
      outline.problems[setting] = (error as Error).message;
    }
  };
  let chosen: ReturnType<typeof chosenClasses> = [];
  look('count', () => {
    chosen = chosenClasses(catalog, params);
    const counts = picturesPerClass(catalog, params, chosen);
    outline.classes = chosen.map(({ name }, i) => ({ className: name, count: counts[i] }));
  });
  outline.real = realHistogram(catalog, params, new Set(chosen.map((c) => c.id)));
  look('difficulty', () => {
    const draws = difficultyDraws(catalog, params, chosen);
    for (const c of chosen) draws(c);
  });
  look('prompt', () => {
    const draws = promptDraws(catalog, params);
    const drawn = chosen.map((c) => draws(c));
    const prompts = Array.from({ length: drawn.length > 0 ? readCount : 0 }, (_, i) => {
      const draw = drawn[i % drawn.length];
      return draw(Math.floor(i / drawn.length)).prompt;
    });
    outline.examples = prompts.slice(0, exampleCount).map(asText);
    withTagged(catalog, params.loras, tagsOf(new Set(prompts), params.promptSyntax));
  });
  return outline;
}

/** Counts of equally wide bins; null where none of the chosen classes' training images is scored. */
function realHistogram(
  catalog: Catalog,
  { datasetId, scorerId }: JobParams<'generate'>,
  classIds: ReadonlySet<number>,
): number[] | null {
  const scorer = scorerId ?? currentScorerId(catalog, datasetId);
  if (scorer === null) return null;
  const counts = new Array<number>(binCount).fill(0);
  let n = 0;
  for (const { classId, difficulty } of trainingDifficulties(catalog, datasetId, scorer)) {
    if (!classIds.has(classId)) continue;
    counts[Math.min(binCount - 1, Math.floor(difficulty * binCount))]++;
    n++;
  }
  return n > 0 ? counts : null;
}
