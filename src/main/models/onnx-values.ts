/** Owns which inputs and scores of an ONNX classifier are used, and why others are not: said alike by check and by use. */
import type { ValueInfo } from '../runtime/runtime.ts';
import type { Scores } from './onnx-facts.ts';

/** Types of the input. */
export const imageTypes: readonly string[] = ['float32', 'float16', 'uint8'];

interface ScoreKind {
  /** What tells them. */
  by: string;
  /** What becomes of them. */
  used: string;
}

export const scoreKinds: Readonly<Record<Scores, ScoreKind>> = {
  logits: { by: 'anything else', used: 'a softmax over the classes of the dataset' },
  probabilities: {
    by: 'a Softmax is part of the graph, or they are at least 0 and sum to 1',
    used: 'taken as they are: no second softmax',
  },
  'log-probabilities': {
    by: 'a LogSoftmax is part of the graph, or their exponentials sum to 1',
    used: 'taken as they are: no second softmax',
  },
  independent: {
    by: 'a Sigmoid is part of the graph, or they are from 0 to 1 and do not sum to 1',
    used: 'refused: the classes do not exclude each other',
  },
  scaled: {
    by: 'they are at least 0 and always have the same sum, which is not 1',
    used: 'refused: the factor is not known',
  },
};

export const takesBytes = ({ type }: ValueInfo): boolean => type === 'uint8';

/** Why the input takes no images; null: it does. */
export function unfitInput({ name, type, shape }: ValueInfo): string | null {
  const is = `its input is ${name} ${type}[${shape.map((d) => d ?? '?').join(',')}]`;
  if (!imageTypes.includes(type) || shape.length !== 4)
    return `${is}, expected float32, float16 or uint8 with four axes: a batch of images`;
  if (shape[0] !== null && shape[0] !== 1)
    return `${is}, which takes batches of ${shape[0]} only; export it with a free batch axis, or with one of 1`;
  return null;
}

/**
 * Why a difficulty cannot be computed from these scores; null: it can.
 * @param tried it was found by trial, not told by the graph
 */
export function unfitScores(output: string, scores: Scores | null, tried = false): string | null {
  if (scores === 'independent') {
    const seen = tried
      ? 'gives values from 0 to 1 that do not sum to 1, as a Sigmoid does'
      : 'ends in a Sigmoid';
    return `output ${output} ${seen}: one independent probability per class, of which several may be high at once, while a difficulty needs classes that exclude each other. Name an output with features instead, or export the model without the Sigmoid`;
  }
  if (scores === 'scaled')
    return `output ${output} gives values of at least 0 that always have the same sum, which is not 1: probabilities times a constant, such as percentages. Export the model without the factor, or with its logits as output`;
  return null;
}
