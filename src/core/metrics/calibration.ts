/** Owns how far probabilities can be believed: expected calibration error, Brier score, log loss, accuracy. */

export interface Calibration {
  /** Mean |accuracy - confidence| over bins of equal width, weighted by their rows, [0,1]. */
  expectedError: number;
  /** Mean squared distance to the one-hot label, [0,2]. */
  brier: number;
  /** Mean -ln p(label), nats; p below 1e-12 counts as 1e-12. */
  logLoss: number;
  accuracy: number;
  /** Mean largest probability. */
  confidence: number;
  bins: { count: number; confidence: number; accuracy: number }[];
}

/** probabilities: [n,k] rows summing to 1; rows labelled -1 are left out. At least one row must be labelled. */
export function calibration(
  probabilities: ArrayLike<number>,
  n: number,
  k: number,
  labels: ArrayLike<number>,
  binCount = 15,
): Calibration {
  const bins = Array.from({ length: binCount }, () => ({ count: 0, confidence: 0, accuracy: 0 }));
  let used = 0;
  let brier = 0;
  let logLoss = 0;
  for (let i = 0; i < n; i++) {
    const label = labels[i];
    if (label < 0) continue;
    used++;
    let best = 0;
    for (let c = 0; c < k; c++) {
      const p = probabilities[i * k + c];
      if (p > probabilities[i * k + best]) best = c;
      brier += (p - (c === label ? 1 : 0)) ** 2;
    }
    logLoss -= Math.log(Math.max(1e-12, probabilities[i * k + label]));
    const confidence = probabilities[i * k + best];
    const bin = bins[Math.min(binCount - 1, Math.floor(confidence * binCount))];
    bin.count++;
    bin.confidence += confidence;
    bin.accuracy += best === label ? 1 : 0;
  }
  if (!used) throw new Error('calibration: no labelled rows, wanted 1 or more');
  let expectedError = 0;
  let accuracy = 0;
  let confidence = 0;
  for (const bin of bins) {
    expectedError += Math.abs(bin.accuracy - bin.confidence) / used;
    accuracy += bin.accuracy / used;
    confidence += bin.confidence / used;
    if (!bin.count) continue;
    bin.accuracy /= bin.count;
    bin.confidence /= bin.count;
  }
  return { expectedError, brier: brier / used, logLoss: logLoss / used, accuracy, confidence, bins };
}
