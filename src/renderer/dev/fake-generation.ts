/** Owns the made-up answer to what a generation would make. */

import type { RequestInput } from '../../shared/contract.ts';
import type { ImageDetail } from '../../shared/domain/image.ts';
import type { GenerationOutline } from '../../shared/domain/provenance.ts';
import { generateParams } from '../../shared/jobs/generate.ts';
import { classNames } from './fake-data.ts';

export function outlineOf(
  images: readonly ImageDetail[],
  input: RequestInput<'generation.outline'>,
): GenerationOutline {
  const params = generateParams.parse(input.params);
  const names = params.classes === 'all' ? classNames : params.classes;
  const real = images.filter((i) => i.origin === 'real' && names.includes(i.className ?? ''));
  const scored = real.flatMap(({ difficulty }) => (difficulty === null ? [] : [difficulty]));
  const bins = 25;
  const counts = new Array<number>(bins).fill(0);
  for (const difficulty of scored) counts[Math.min(bins - 1, Math.floor(difficulty * bins))]++;
  return {
    classes: names.map((className) => {
      const own = real.filter((image) => image.className === className).length;
      return { className, count: params.ratio === null ? params.count : Math.round(params.ratio * own) };
    }),
    real: scored.length > 0 ? counts : null,
    examples: names.slice(0, 2).map((name) => params.prompt.replaceAll('[CLS]', name)),
    problems: {},
  };
}
