/** Owns classifier-free guidance: of one condition (Ho & Salimans 2022) and of several, each with a scale of its own. */
import { requireSameSize } from './noise-schedule.ts';

/**
 * p_0 + scales_1 (p_1 - p_0) + scales_2 (p_2 - p_1) + ...: predictions p, as epsilon or as v, of a network that is told
 * more each time; a scale above 1 follows what was told last more than the network would by itself.
 *
 * Two predictions are plain guidance (eq. 6, with w = scale - 1); three, with the text told first and the difficulty
 * second, are the two scales of InstructPix2Pix (Brooks et al. 2023, eq. 3) for this project's conditions.
 * @param predictions f32 of one size, from what knows least to what knows all
 * @param scales one fewer; 1 is off (a prediction between two scales of 1 can be saved)
 */
export function guide(
  predictions: readonly Float32Array[],
  scales: readonly number[],
): Float32Array<ArrayBuffer> {
  if (scales.length !== predictions.length - 1)
    throw new Error(
      `guidance: ${scales.length} scales for ${predictions.length} predictions, wanted one fewer`,
    );
  const out = Float32Array.from(predictions[0]);
  for (const [i, scale] of scales.entries()) {
    const [less, more] = [predictions[i], predictions[i + 1]];
    requireSameSize('guidance', less, more);
    for (let k = 0; k < out.length; k++) out[k] += scale * (more[k] - less[k]);
  }
  return out;
}

/** How strongly a picture follows its prompt and its difficulty. */
export interface GuidanceOptions {
  guidanceScale: number; // 1: off
  /**
   * What guidance compares with. null-token: the negative prompt without difficulty, so that text and difficulty are
   * strengthened together; same-token: the negative prompt with the picture's difficulty, so that only the text is;
   * separate: the text by `guidanceScale`, the difficulty by `difficultyGuidance`.
   */
  guidanceMode: 'null-token' | 'same-token' | 'separate';
  /** Scale of the difficulty where it is separate; 1: off. Of no effect otherwise. */
  difficultyGuidance: number;
}

/** What a prediction is told: which prompt, and whether the difficulty. */
export interface GuidanceBranch {
  prompt: 'negative' | 'own';
  difficulty: boolean;
}

const all: GuidanceBranch = { prompt: 'own', difficulty: true };
const none: GuidanceBranch = { prompt: 'negative', difficulty: false };

/**
 * The predictions that guidance needs, in `guide`'s order, and its scales. Those of no weight are left out.
 * @param asInput the network is told the scale of the text, so that nothing is compared for it.
 */
export function guidanceBranches(
  o: GuidanceOptions,
  asInput = false,
): { branches: GuidanceBranch[]; scales: number[] } {
  const text = asInput ? 1 : o.guidanceScale;
  const difficulty = o.guidanceMode === 'separate' ? o.difficultyGuidance : text;
  if (text === 1 && difficulty === 1) return { branches: [all], scales: [] };
  if (o.guidanceMode === 'same-token')
    return { branches: [{ prompt: 'negative', difficulty: true }, all], scales: [text] };
  if (text === difficulty) return { branches: [none, all], scales: [text] };
  const own: GuidanceBranch = { prompt: 'own', difficulty: false };
  if (text === 1) return { branches: [own, all], scales: [difficulty] };
  return { branches: [none, own, all], scales: [text, difficulty] };
}
