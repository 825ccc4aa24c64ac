/** Owns the words of the options by which images are drawn, for every command that draws some. */

export const promptingOptions = {
  promptSyntax: {
    text: 'how prompts are read: as plain text, or with weights, BREAK and <lora:name:0.8> as another program does; see docs/prompts.md',
  },
  longPrompts: {
    text: 'prompts longer than the text encoder takes at a time: cut at the end, or read in chunks',
  },
  clipSkip: {
    text: "layer of the text encoder whose output is used, counted from its end; 1: the last (default: the model's own)",
  },
};

export const guidanceOptions = {
  guidanceScale: { flag: 'guidance', text: 'classifier-free guidance scale; 1: off' },
  guidanceMode: {
    text: 'what it strengthens: text and difficulty together, the text alone, or each by a scale of its own',
  },
  difficultyGuidance: { text: 'with --guidance-mode separate: guidance scale of the difficulty; 1: off' },
  scheduler: { text: 'diffusion scheduler' },
};
