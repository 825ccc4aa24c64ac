/** Owns what must hold between the parameters of a generation, and which of them have an effect. */
import type { Rules } from '../rules.ts';
import { parsePrompt, parsePromptList, saidBy, WildcardError } from '../wildcards.ts';

interface Keeping {
  keepWithin: number | null;
  keepMin: number;
  keepMax: number;
  keepAgreeing: boolean;
}

/** Nothing is asked of the samples: none is measured while it is made. */
export const keepsAll = ({ keepWithin, keepMin, keepMax, keepAgreeing }: Keeping): boolean =>
  keepWithin === null && keepMin <= 0 && keepMax >= 1 && !keepAgreeing;

interface Ruled extends Keeping {
  classes: 'all' | readonly string[];
  distribution: string;
  low: number;
  high: number;
  bins: readonly number[];
  promptSource: string;
  prompt: string;
  captionPrompt: string;
  prompts: readonly string[];
}

/** A parameter without effect is not looked at. */
export const generateRules: Rules<Ruled> = {
  high: ({ distribution, low, high }) =>
    distribution === 'uniform' && low > high
      ? `The highest difficulty, ${high}, is below the lowest, ${low}. Swap them.`
      : null,
  bins: ({ distribution, bins }) =>
    distribution === 'bins' && !bins.some((count) => count > 0)
      ? 'Enter a count above 0 for at least one bin.'
      : null,
  keepMax: ({ keepMin, keepMax }) =>
    keepMin > keepMax
      ? `The highest difficulty to keep, ${keepMax}, is below the lowest, ${keepMin}. Swap them.`
      : null,
  prompt: ({ promptSource, prompt, classes }) => {
    if (promptSource !== 'template') return null;
    if (!prompt.trim()) return 'Write a prompt, for example: a photo of a [CLS]';
    if (several(classes) && !prompt.includes('[CLS]'))
      return 'Several classes are chosen: write [CLS] where the class name belongs.';
    return wrongChoices(() => parsePrompt(prompt));
  },
  captionPrompt: ({ promptSource, captionPrompt }) => {
    if (promptSource !== 'captions') return null;
    if (!captionPrompt.includes('[CAPTION]'))
      return 'Write [CAPTION] where the caption belongs, for example: photo of [CLS], [CAPTION]';
    return wrongChoices(() => parsePrompt(captionPrompt));
  },
  prompts: ({ promptSource, prompts, classes }) => {
    if (promptSource !== 'list') return null;
    const said = prompts.map(saidBy);
    if (said.every((line) => line === ''))
      return 'Write a prompt on each line, for example: a photo of a [CLS]';
    const without = said.findIndex((line) => line !== '' && !line.includes('[CLS]'));
    if (several(classes) && without >= 0)
      return `Line ${without + 1}: several classes are chosen, so write [CLS] where the class name belongs.`;
    return wrongChoices(() => parsePromptList(prompts));
  },
};

const several = (classes: Ruled['classes']) => classes === 'all' || classes.length > 1;

function wrongChoices(parse: () => unknown): string | null {
  try {
    parse();
    return null;
  } catch (error) {
    if (!(error instanceof WildcardError)) throw error;
    return `${error.message[0].toUpperCase()}${error.message.slice(1)}.`;
  }
}
