/**
 * Owns the checks of the difficulty scores: score, entropy and margins, density curves, and confident learning
 * (thresholds, joints, issues by every rule, label quality).
 */
import { bandwidthOf, densityAt } from '../../../src/core/difficulty/density.ts';
import {
  confidentJoint,
  confidentlyAdjusted,
  type IssueRule,
  type LabelQuality,
  labelIssues,
  labelQuality,
} from '../../../src/core/difficulty/label-issues.ts';
import { scoreProbabilities } from '../../../src/core/difficulty/score.ts';
import type { Json, OracleCase } from '../case.ts';
import { type Check, compare, failure, same, statement, type Tolerance } from '../compare.ts';
import { type CaseRun, type GoldenOptions, scaled } from '../graph.ts';

/** The rules, by the names the oracle's library gives them. */
const RULES: Readonly<Record<string, IssueRule>> = {
  confident_learning: 'confident',
  prune_by_noise_rate: 'noise-rate',
  prune_by_class: 'class',
  both: 'both',
  predicted_neq_given: 'predicted',
};

const QUALITIES: Readonly<Record<string, keyof LabelQuality>> = {
  self_confidence: 'selfConfidence',
  normalized_margin: 'normalisedMargin',
  confidence_weighted_entropy: 'weightedEntropy',
};

export function difficultyCase(c: OracleCase, options: GoldenOptions): CaseRun {
  const tensors = c.tensors('data.safetensors');
  const tolerance = (name: string): Tolerance => {
    const found: Tolerance | undefined = c.meta.tolerance?.[name];
    if (!found) throw new Error(`meta.json: tolerance has no ${name}`);
    return scaled(options, found);
  };
  const probabilities = tensors.get('pred_probs');
  const [n, k] = probabilities.shape;
  const labels = Int32Array.from(tensors.get('labels').data);
  const announced = c.has('cleanlab.json') || 'cleanlab' in c.meta;
  const oracle: Json = announced ? c.json('cleanlab.json') : null;
  const parts = [
    {
      name: 'labels and sizes',
      run: async () => [
        same('number of rows and classes', [n, k], [c.meta.n ?? n, c.meta.K ?? k]),
        same('labels', labels, c.meta.labels ?? labels),
      ],
    },
    {
      name: 'scores, entropy and margins',
      async run() {
        const scores = scoreProbabilities(probabilities.data, n, k, labels);
        const known = {
          score: scores.difficulty,
          entropy: scores.entropy,
          margin_top2: scores.margin,
          margin_label: scores.labelMargin,
        };
        return Object.entries(known)
          .filter(([name]) => tensors.has(name))
          .map(([name, got]) =>
            compare(name, { data: got }, tensors.get(name), tolerance('score_entropy_margin')),
          );
      },
    },
  ];
  if (tensors.has('kde_grid')) parts.push({ name: 'density', run: async () => density() });
  function density(): Check[] {
    const grid = Float64Array.from(tensors.get('kde_grid').data);
    const scores = tensors.get('score').data;
    return tensors
      .names()
      .filter((name) => name.startsWith('kde_density'))
      .flatMap((name) => {
        const one = /^kde_density(?:_class(\d+))?$/.exec(name);
        if (!one) return [failure(name, 'wanted kde_density or kde_density_class<label>')];
        const rows = one[1] === undefined ? scores : scores.filter((_, i) => labels[i] === Number(one[1]));
        const bandwidth: number | undefined = c.meta.kde?.[name.replace('kde_density', 'bandwidth')];
        const curve = densityAt(rows, grid, { reflect: false });
        const checks = [compare(name, { data: curve.y }, tensors.get(name), tolerance('kde'))];
        if (bandwidth !== undefined) {
          const got = { data: [bandwidthOf(rows)] };
          checks.push(compare(`${name}: bandwidth`, got, { data: [bandwidth] }, { rel_l2: 1e-6 }));
        }
        return checks;
      });
  }
  if (oracle)
    parts.push(
      ...confidentLearning(c, oracle, renormalised(probabilities.data, n, k), n, k, labels, tolerance),
    );
  return { parts };
}

/** The oracle's confident learning ran on rows that were made to sum to one in float64. */
function renormalised(probabilities: Float32Array, n: number, k: number): Float64Array {
  const rows = Float64Array.from(probabilities);
  for (let i = 0; i < n; i++) {
    const row = rows.subarray(i * k, i * k + k);
    const sum = row.reduce((total, p) => total + p, 0);
    row.forEach((p, j) => {
      row[j] = p / sum;
    });
  }
  return rows;
}

function confidentLearning(
  c: OracleCase,
  oracle: Json,
  rows: Float64Array,
  n: number,
  k: number,
  labels: Int32Array,
  tolerance: (name: string) => Tolerance,
) {
  const joint = confidentJoint(rows, n, k, labels);
  const thresholds = {
    name: 'confident thresholds and joint',
    async run() {
      const known: Record<string, () => Check> = {
        confident_thresholds: () =>
          compare(
            'confident thresholds',
            { data: joint.thresholds },
            { data: oracle.confident_thresholds },
            tolerance('confident_thresholds'),
          ),
        confident_joint_uncalibrated: () =>
          same('confident joint', joint.counts, oracle.confident_joint_uncalibrated.flat()),
        confident_joint_calibrated: () =>
          same('calibrated joint', joint.calibrated, oracle.confident_joint_calibrated.flat()),
        estimated_joint: () =>
          compare(
            'estimated joint',
            // The oracle's is of the calibrated, whole counts.
            { data: joint.calibrated.map((v) => v / n) },
            { data: oracle.estimated_joint.flat() },
            { max_abs: 1e-6 },
          ),
        num_label_issues: () =>
          same(
            'number of issues',
            [labelIssues(rows, n, k, labels, 'confident').length],
            [oracle.num_label_issues],
          ),
      };
      const fields = Object.keys(oracle).filter((f) => !['version', 'issues', 'label_quality'].includes(f));
      const simple = c.meta.confident_learning_simple_rule?.indices;
      return [
        ...fields.map((field) => known[field]?.() ?? failure(`cleanlab.json: ${field}`, 'not known')),
        ...(simple
          ? [same('issues by the simple rule', issuesOfThePaper(rows, k, labels, joint.thresholds), simple)]
          : []),
      ];
    },
  };
  const issues = Object.keys(oracle.issues ?? {}).map((name) => ({
    name: `issues: ${name}`,
    async run() {
      const rule = RULES[name];
      if (!rule) return [failure(`issues: ${name}`, 'no such rule')];
      const got = labelIssues(rows, n, k, labels, rule);
      const { indices, ranked_by_self_confidence: ranked, count } = oracle.issues[name];
      return [
        same(`issues: ${name}`, sorted(got), indices),
        same(`issues: ${name}, ranked`, got, ranked),
        statement(
          `issues: ${name}, count`,
          got.length === (count ?? got.length) ? [] : [`${got.length}, wanted ${count}`],
        ),
      ];
    },
  }));
  const quality = {
    name: 'label quality',
    async run() {
      return Object.entries<number[]>(oracle.label_quality ?? {}).map(([name, want]) => {
        const adjusted = name.endsWith('_adjusted');
        const field = QUALITIES[name.replace('_adjusted', '')];
        if (!field) return failure(`label quality: ${name}`, 'not known');
        const of = adjusted ? confidentlyAdjusted(rows, n, k, labels) : rows;
        const got = { data: labelQuality(of, n, k, labels)[field] };
        return compare(`label quality: ${name}`, got, { data: want }, tolerance('label_quality'));
      });
    },
  };
  return [thresholds, ...issues, quality];
}

const sorted = (indices: ArrayLike<number>): number[] => Array.from(indices).sort((a, b) => a - b);

/** Rows whose most probable class, of those that reach their thresholds, is not the label. */
function issuesOfThePaper(
  rows: Float64Array,
  k: number,
  labels: Int32Array,
  thresholds: Float64Array,
): number[] {
  return Array.from(labels, (_, i) => i).filter((i) => {
    const row = rows.subarray(i * k, i * k + k);
    const confident = Array.from(row, (_, c) => c).filter((c) => row[c] >= thresholds[c] - 1e-6);
    const best = confident.reduce((a, c) => (a < 0 || row[c] > row[a] ? c : a), -1);
    return best >= 0 && best !== labels[i];
  });
}
