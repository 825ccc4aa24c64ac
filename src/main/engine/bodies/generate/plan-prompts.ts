/** Owns which prompt each planned picture has: a template, a caption of a real image, or one of a list. */
import { writtenTag } from '../../../../core/prompts/lora-tags.ts';
import { asText, putIn } from '../../../../core/prompts/put-in.ts';
import type { PromptSyntax } from '../../../../core/prompts/syntax.ts';
import { syntaxes } from '../../../../core/prompts/syntaxes.ts';
import { drawPrompt } from '../../../../core/recipes/wildcards.ts';
import { permutation, rngFromSeed } from '../../../../core/rng.ts';
import type { JobParams } from '../../../../shared/jobs/index.ts';
import { parsePrompt, parsePromptList, WildcardError } from '../../../../shared/wildcards.ts';
import { type Catalog, trainingCaptions } from '../../../catalog/index.ts';
import { excerpt } from '../../../files/first-few.ts';
import type { ChosenClass } from './plan-classes.ts';

export interface PlannedPrompt {
  /** With what was put into it: `asText` for a person. */
  prompt: string;
  /** The real image whose caption it holds; null: none. */
  captionOf: { id: number; path: string; hash: string } | null;
}

/** Prompt of picture `i` of a class; its choices follow from the job's seed, the class's name and i. */
export type PromptDraw = (i: number) => PlannedPrompt;

const placeholder = '[CAPTION]';

/**
 * @returns what draws the prompts of one class.
 * @throws where a prompt's choices are not written right, with its line and column, or there is no prompt to draw.
 */
export function promptDraws(
  catalog: Catalog,
  params: JobParams<'generate'>,
): (chosenClass: ChosenClass) => PromptDraw {
  const { seed } = params;
  const syntax = syntaxes[params.promptSyntax];
  requireNoLora(params.negativePrompt, syntax, 'the negative prompt');
  for (const prompt of params.firstPrompts) requireNoLora(prompt, syntax, 'a prompt of the first steps');
  const words = (name: string, i: number) => rngFromSeed(seed, `${name} ${i} words`);
  if (params.promptSource === 'captions') return captionDraws(catalog, params, words);
  const prompts =
    params.promptSource === 'list'
      ? told('list of prompts', () => parsePromptList(params.prompts))
      : [told('prompt', () => parsePrompt(params.prompt))];
  if (prompts.length === 0)
    throw new Error('the list of prompts is empty; write one a line, or use a template');
  return ({ name }) =>
    (i) => {
      const rng = words(name, i);
      const parts = prompts.length === 1 ? prompts[0] : prompts[rng.int(prompts.length)];
      return { prompt: readable(withClass(drawPrompt(parts, rng), name), syntax), captionOf: null };
    };
}

/** The prompt itself. @throws naming it, where its syntax has what cannot be done. */
export function readable(prompt: string, syntax: PromptSyntax, which = 'prompt'): string {
  try {
    syntax.read(prompt);
    return prompt;
  } catch (error) {
    throw new Error(`${which} “${excerpt(asText(prompt))}”: ${(error as Error).message}`);
  }
}

/** @throws where a prompt that has no say in LoRAs names one. */
export function requireNoLora(prompt: string, syntax: PromptSyntax, which: string): void {
  const [tag] = syntax.read(readable(prompt, syntax, which)).loras;
  if (tag)
    throw new Error(
      `${which} names ${writtenTag(tag)}. A LoRA changes the whole image: write it in the prompt of a generation`,
    );
}

function told<T>(field: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw error instanceof WildcardError ? new Error(`${field}, ${error.message}`) : error;
  }
}

/** Each caption of the class once before any twice. */
function captionDraws(
  catalog: Catalog,
  { datasetId, captionPrompt, promptSyntax, seed }: JobParams<'generate'>,
  words: (name: string, i: number) => ReturnType<typeof rngFromSeed>,
): (chosenClass: ChosenClass) => PromptDraw {
  if (!captionPrompt.includes(placeholder))
    throw new Error(`the prompt around captions has no ${placeholder}: write it where the caption belongs`);
  const syntax = syntaxes[promptSyntax];
  const around = told('prompt around captions', () => parsePrompt(captionPrompt));
  const byClass = Map.groupBy(trainingCaptions(catalog, datasetId), (row) => row.classId);
  return ({ id, name }) => {
    const captions = byClass.get(id);
    if (!captions)
      throw new Error(
        `class ${name} has no captions of training images; caption the dataset first, or use a template`,
      );
    const order = permutation(captions.length, rngFromSeed(seed, `${name} captions`));
    return (i) => {
      const { id, path, hash, text } = captions[order[i % order.length]];
      const prompt = withClass(drawPrompt(around, words(name, i)), name).replaceAll(placeholder, () =>
        putIn(text),
      );
      return { prompt: readable(prompt, syntax), captionOf: { id, path, hash } };
    };
  };
}

/** A class's name is a name, whatever brackets it has. */
export const withClass = (prompt: string, name: string): string =>
  prompt.replaceAll('[CLS]', () => putIn(name));
