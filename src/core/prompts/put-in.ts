/**
 * Owns text that is put into a prompt as text: a class's name, a caption. Until a syntax has read the prompt, each of its
 * UTF-16 units stands as a character of a private plane, which no syntax knows.
 */
import type { ReadPrompt } from './syntax.ts';

const plane = 0xf0000;

export const putIn = (text: string): string =>
  Array.from({ length: text.length }, (_, i) => String.fromCodePoint(plane + text.charCodeAt(i))).join('');

/** The prompt, or any text that quotes it, for a person, a record, the text encoder. */
export const asText = (prompt: string): string =>
  prompt.replaceAll(/[\u{F0000}-\u{FFFFF}]/gu, (unit) => String.fromCharCode(unit.codePointAt(0)! - plane));

/** A syntax's `read`, whose answer, or error, has what was put in as it is. */
export const readingPutIn =
  (read: (prompt: string) => ReadPrompt) =>
  (prompt: string): ReadPrompt => {
    try {
      const { sections, loras } = read(prompt);
      return {
        sections: sections.map((runs) => runs.map((run) => ({ ...run, text: asText(run.text) }))),
        loras: loras.map((lora) => ({ ...lora, name: asText(lora.name) })),
      };
    } catch (error) {
      throw new Error(asText((error as Error).message), { cause: error });
    }
  };
