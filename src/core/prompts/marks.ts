/** Owns how syntax is recognised in a prompt that is not read by it: enough of each form to be sure that it is meant. */

const number = String.raw`[+-]?(?:\d+\.?\d*|\.\d+)`;

export const marks = {
  /** (word:1.3) */
  weight: new RegExp(String.raw`\([^()]*:\s*${number}\s*\)`, 'g'),
  /** ((word)) */
  doubled: /\(\([^()]*\)?\)?/g,
  /** [from:to:0.5], [word:0.5] */
  editing: new RegExp(String.raw`\[[^\][]*:\s*${number}\s*\]`, 'g'),
  /** <lora:name:0.8> */
  lora: /<(?:lora|lyco|hypernet):[^>]*>?/g,
  break: /\bBREAK\b/g,
  /** \( as in artist \(painter\) */
  escape: /\\[()[\]]/g,
  /** ComfyUI's embedding:name */
  embedding: /\bembedding:[^\s,]+/g,
};
