import { describe, expect, it } from 'vitest';
import { bandwidthOf, densityAt } from '../../src/core/difficulty/density.ts';
import {
  confidentJoint,
  type IssueRule,
  labelIssues,
  labelQuality,
} from '../../src/core/difficulty/label-issues.ts';
import { scoreProbabilities } from '../../src/core/difficulty/score.ts';
import { goldenPath, hasGolden, readGoldenJson, readSafetensors } from './read-safetensors.ts';

interface Meta {
  n: number;
  K: number;
  kde: { bandwidth: number; bandwidth_class3: number };
}
interface Cleanlab {
  confident_thresholds: number[];
  confident_joint_uncalibrated: number[][];
  confident_joint_calibrated: number[][];
  estimated_joint: number[][];
  issues: Record<string, { indices: number[]; ranked_by_self_confidence: number[] }>;
  label_quality: Record<string, number[]>;
}

describe.skipIf(!hasGolden('difficulty'))('difficulty against its oracle', () => {
  if (!hasGolden('difficulty')) return;
  const meta = readGoldenJson<Meta>('difficulty', 'meta.json');
  const oracle = readGoldenJson<Cleanlab>('difficulty', 'cleanlab.json');
  const tensors = readSafetensors(goldenPath('difficulty', 'data.safetensors'));
  const { n, K: k } = meta;
  const labels = Int32Array.from(tensors.labels.data);
  const probabilities = tensors.pred_probs.data;
  // The oracle's confident learning ran on rows renormalised in float64.
  const exact = Float64Array.from(probabilities);
  for (let i = 0; i < n; i++) {
    const row = exact.subarray(i * k, i * k + k);
    const sum = row.reduce((total, p) => total + p, 0);
    row.forEach((p, c) => {
      row[c] = p / sum;
    });
  }

  it('scores, entropy and margins', () => {
    const scores = scoreProbabilities(probabilities, n, k, labels);
    expectClose(scores.difficulty, tensors.score.data, 2e-6);
    expectClose(scores.entropy, tensors.entropy.data, 2e-6);
    expectClose(scores.margin, tensors.margin_top2.data, 2e-6);
    expectClose(scores.labelMargin, tensors.margin_label.data, 2e-6);
  });

  it('density without reflection, Scott bandwidth', () => {
    const grid = Float64Array.from(tensors.kde_grid.data);
    const all = densityAt(tensors.score.data, grid, { reflect: false });
    expect(all.bandwidth).toBeCloseTo(meta.kde.bandwidth, 6);
    expectClose(all.y, tensors.kde_density.data, 1e-4);
    const class3 = tensors.score.data.filter((_, i) => labels[i] === 3);
    expect(bandwidthOf(class3)).toBeCloseTo(meta.kde.bandwidth_class3, 6);
    expectClose(densityAt(class3, grid, { reflect: false }).y, tensors.kde_density_class3.data, 1e-4);
  });

  it('confident thresholds and joint', () => {
    const joint = confidentJoint(exact, n, k, labels);
    expectClose(joint.thresholds, oracle.confident_thresholds, 1e-6);
    expect([...joint.counts]).toEqual(oracle.confident_joint_uncalibrated.flat());
    expect([...joint.calibrated]).toEqual(oracle.confident_joint_calibrated.flat());
    expectClose(
      joint.calibrated.map((v) => v / n),
      oracle.estimated_joint.flat(),
      1e-6,
    );
  });

  it.each([
    ['confident', 'confident_learning'],
    ['noise-rate', 'prune_by_noise_rate'],
    ['class', 'prune_by_class'],
    ['both', 'both'],
    ['predicted', 'predicted_neq_given'],
  ] as const)('issues by rule %s', (rule: IssueRule, name) => {
    const issues = labelIssues(exact, n, k, labels, rule);
    expect([...issues].sort((a, b) => a - b)).toEqual(oracle.issues[name].indices);
    expect(issues).toEqual(oracle.issues[name].ranked_by_self_confidence);
  });

  it('label quality', () => {
    const quality = labelQuality(exact, n, k, labels);
    expectClose(quality.selfConfidence, oracle.label_quality.self_confidence, 1e-5);
    expectClose(quality.normalisedMargin, oracle.label_quality.normalized_margin, 1e-5);
    expectClose(quality.weightedEntropy, oracle.label_quality.confidence_weighted_entropy, 1e-5);
  });
});

function expectClose(got: ArrayLike<number>, wanted: ArrayLike<number>, maxAbs: number) {
  expect(got.length).toBe(wanted.length);
  let worst = 0;
  for (let i = 0; i < wanted.length; i++) worst = Math.max(worst, Math.abs(got[i] - wanted[i]));
  expect(worst).toBeLessThanOrEqual(maxAbs);
}
