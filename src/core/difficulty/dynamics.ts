/**
 * Owns training dynamics: what the course of a classifier's training says about each sample. Confidence and
 * variability are those of dataset cartography (Swayamdipta et al. 2020), forgetting events those of Toneva et al.
 * (2019).
 */

/** One row per sample, over all recorded epochs. */
export interface TrainingDynamics {
  /** Mean probability of the true class, [0,1]. */
  confidence: Float64Array;
  /** Standard deviation (population) of that probability, [0,0.5]. */
  variability: Float64Array;
  /** Share of epochs in which the true class was the most probable, [0,1]. */
  correctness: Float64Array;
  /** How often a sample that had been right was wrong an epoch later. */
  forgetting: Int32Array;
  /** 1 where the sample was never right. */
  neverLearned: Uint8Array;
}

/**
 * @param trueProbability epoch by epoch, f32[n]: probability of each sample's label
 * @param correct epoch by epoch, u8[n]: 1 where the label was the most probable class
 * @throws when the sizes do not fit, or no epoch is recorded.
 */
export function trainingDynamics(
  trueProbability: readonly Float32Array[],
  correct: readonly Uint8Array[],
): TrainingDynamics {
  const epochs = trueProbability.length;
  if (epochs < 1) throw new Error('training dynamics: no epoch is recorded');
  const n = trueProbability[0].length;
  if (correct.length !== epochs || [...trueProbability, ...correct].some((row) => row.length !== n))
    throw new Error(`training dynamics: epochs of different sizes, wanted ${epochs} of ${n} samples each`);
  const out: TrainingDynamics = {
    confidence: new Float64Array(n),
    variability: new Float64Array(n),
    correctness: new Float64Array(n),
    forgetting: new Int32Array(n),
    neverLearned: new Uint8Array(n),
  };
  for (let i = 0; i < n; i++) {
    let [sum, squares, hits] = [0, 0, 0];
    for (let e = 0; e < epochs; e++) {
      const p = trueProbability[e][i];
      sum += p;
      squares += p * p;
      hits += correct[e][i];
      if (e > 0 && correct[e - 1][i] === 1 && correct[e][i] === 0) out.forgetting[i]++;
    }
    const mean = sum / epochs;
    out.confidence[i] = mean;
    out.variability[i] = Math.sqrt(Math.max(0, squares / epochs - mean * mean));
    out.correctness[i] = hits / epochs;
    out.neverLearned[i] = hits === 0 ? 1 : 0;
  }
  return out;
}
