/** What no printed text of a file may hold: it would act on the terminal, or on the order of reading. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
export const acts = /[\0-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;
