/** The first few of a list, for a sentence, and how many more there are. */
export const firstFew = (names: readonly string[], few = 3): string =>
  names.length <= few ? names.join(', ') : `${names.slice(0, few).join(', ')} and ${names.length - few} more`;
