/** Owns the form of what a check finds, whatever the model is. */
import type { ModelCheck } from './model-check.ts';

/** Characters of one sentence: names in a file may be of any length. */
const LONGEST = 2000;

export const verdict = (kind: string, summary: string, problems: string[] = []): ModelCheck => ({
  kind,
  usable: problems.length === 0,
  summary: summary.slice(0, LONGEST),
  problems: problems.map((problem) => problem.slice(0, LONGEST)),
  onnx: null,
});
