/** Owns which inputs and scores of an ONNX classifier are used, and why others are not: said alike by check and by use. */
import type { ValueInfo } from '../runtime.ts';
import type { Scores } from './onnx-facts.ts';

export const takesBytes = ({ type }: ValueInfo): boolean => type === 'uint8';

/** Why the input takes no images; null: it does. */
export function unfitInput({ name, type, shape }: ValueInfo): string | null {
  const is = `its input is ${name} ${type}[${shape.map((d) => d ?? '?').join(',')}]`;
  if (!['float32', 'float16', 'uint8'].includes(type) || shape.length !== 4)
    return `${is}, expected float32, float16 or uint8 with four axes: a batch of images`;
  if (shape[0] !== null && shape[0] !== 1)
    return `${is}, which takes batches of ${shape[0]} only; export it with a free batch axis, or with one of 1`;
  return null;
}

/** Why a difficulty cannot be computed from these scores; null: it can. */
export const unfitScores = (output: string, scores: Scores | null): string | null =>
  scores === 'independent'
    ? `output ${output} ends in a Sigmoid: one independent probability per class, of which several may be high at once, while a difficulty needs classes that exclude each other. Name an output with features instead, or export the model without the Sigmoid`
    : null;
