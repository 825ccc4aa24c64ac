/** Owns the names of how prompts are read, with what a form says of each. docs/prompts.md tells them in full. */

interface Entry {
  label: string;
  /** One sentence: what it does to the result. */
  help: string;
}

export const promptSyntaxes = {
  plain: { label: 'Plain text', help: 'Every character is text: brackets and weights mean nothing.' },
  a1111: {
    label: 'A1111 (web UI)',
    help: 'As Stable Diffusion web UI reads it: (word), (word:1.3), [word], BREAK and <lora:name:0.8>.',
  },
  comfyui: {
    label: 'ComfyUI',
    help: 'As ComfyUI reads it: (word) and (word:1.3), with its weighting; and <lora:name:0.8>, as its LoRA tag nodes do.',
  },
} as const satisfies Record<string, Entry>;

export type PromptSyntaxName = keyof typeof promptSyntaxes;
export const promptSyntaxNames = Object.keys(promptSyntaxes) as PromptSyntaxName[];

export const longPromptModes = {
  truncate: {
    label: 'Cut at the end',
    help: 'What does not fit the text encoder is cut; the log says how much.',
  },
  chunks: {
    label: 'Read in chunks',
    help: 'Long prompts are read in chunks of 75 tokens, and the image follows all of them.',
  },
} as const satisfies Record<string, Entry>;

export type LongPrompts = keyof typeof longPromptModes;
export const longPromptNames = Object.keys(longPromptModes) as LongPrompts[];
