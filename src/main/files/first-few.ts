/** Owns how a sentence quotes what may be long. */

/** The first few of a list, and how many more there are. */
export const firstFew = (names: readonly string[], few = 3): string =>
  names.length <= few ? names.join(', ') : `${names.slice(0, few).join(', ')} and ${names.length - few} more`;

const excerptLength = 60;

/** The beginning of a text of a person's own. */
export const excerpt = (text: string): string => {
  const characters = [...text];
  return characters.length <= excerptLength ? text : `${characters.slice(0, excerptLength).join('')}…`;
};
