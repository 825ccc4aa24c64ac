/** Owns plain prompts: all of it is text. */
import { marks } from './marks.ts';
import { readingPutIn } from './put-in.ts';
import { type PromptSyntax, unitsOf } from './syntax.ts';

export const plain: PromptSyntax = {
  read: readingPutIn((prompt) => ({ sections: [[{ text: prompt, weight: 1 }]], loras: [] })),
  unread: [
    marks.weight,
    marks.doubled,
    marks.editing,
    marks.lora,
    marks.break,
    marks.escape,
    marks.embedding,
  ],
  units: unitsOf,
  fill: { splitFrom: Number.POSITIVE_INFINITY, commaWithin: 0 },
  weigh: (states) => states, // no weight is ever other than 1
};
