/** Owns docs/experiments/label-issues.md: the figures as tables, and what they say. */
import { mean, percent, rows } from '../tables.ts';
import { alterationNames, type CopyRun } from './planted-copies.ts';
import { defaultName, type LabelRun, type Noise, plainName, plantedShare } from './planted-labels.ts';

export function page(
  labels: readonly { perClass: number; noise: Noise; runs: readonly LabelRun[] }[],
  copies: readonly CopyRun[],
): string {
  return `# Label issues and duplicates

\`\`\`
npm run experiment -- label-issues --folder DIR --photos PHOTOS --encoder mobilenetv2.onnx --labels imagenet_labels.txt
\`\`\`

writes this page (without \`--photos\` it leaves the photographs out). Datasets are drawn by the demo's own generator, one
per seed; everything runs through \`crux import\`, \`score\` and \`issues\` with their defaults.

## Planted wrong labels

${percent(plantedShare)} of the labels are changed: to any other class, all as likely, or to the class that the scorer most takes the
true one for, as a tired annotator would. The dataset is scored out of fold with the wrong labels in it. Shown: how many of
the planted labels are among the first ${percent(plantedShare)} of the list. Scenes that are hard by design compete with them for these places:
the scorer is wrong about one scene in five before anything is planted.

${labels.map(labelTable).join('\n\n')}

What it says:

- Where wrong labels go anywhere, the plain difficulty ranking finds as many, within what chance makes of some tens of
  planted labels: an absurd label has the least probability of all. Where they go to a similar class, the odds find more,
  because a hard image leaves the other classes improbable, too, and a wrong label makes one of them certain.
- cleanlab's defaults suspect a row for its margin towards one other class; suspecting each class's least confident rows,
  as many as the confident joint says are wrong, finds more of those that went anywhere, and as many of the others.
- The list is where hard and mislabelled part: it ends by itself, is shorter than the hard bucket, and holds more of the
  planted labels for each image that a person has to look at.

${rows(
  ['scenes', 'labels go to', 'list: images', 'planted in it', 'hard bucket: images', 'planted in it'],
  labels.map(({ perClass, noise, runs }) => [
    String(10 * perClass),
    noise,
    Math.round(mean(runs.map((r) => r.list.length))).toString(),
    percent(mean(runs.map((r) => r.list.found))),
    Math.round(mean(runs.map((r) => r.hardBucket.length))).toString(),
    percent(mean(runs.map((r) => r.hardBucket.found))),
  ]),
)}

Tried by hand and not taken: averaging the probabilities of four divisions into folds, and a second round of scoring
without the suspects of the first, gained about a point each for several times the work; class-adjusted probabilities
(\`confidentlyAdjusted\`) lost ten points and more on both kinds of noise.

## Planted copies

${copies[0].copies} images of each kind of alteration are put into \`test\`, their originals lie in \`train\`. Two images count as nearly the same
at a quarter of the distance that different images of the dataset usually have to their tenth neighbour, where their details
match as well (decisions/0013-near-duplicates.md); in cosine similarity that is the threshold shown. No fixed cosine would do: unrelated photographs reach .995 with the built-in encoder, copies stay
below .97 with MobileNetV2.

${rows(
  ['images', 'threshold', ...alterationNames, 'groups of different images'],
  copies.map((run) => [
    `${run.images} ${run.title}`,
    run.similarity.toFixed(4),
    ...alterationNames.map((name) => percent(run.found[name])),
    String(run.wrongGroups),
  ]),
)}

${
  copies.every((run) => run.leaksMarked)
    ? 'Every copy that was found is marked as leakage between train and test.'
    : 'NOT every copy that was found is marked as leakage between train and test.'
}
Compression and scaling mostly are found, a change of light as far as the encoder looks past it; cropping and mirroring
are not: that would take a threshold at which different images count as the same, and a person would stop looking.
\`--similarity\` asks for more or less.
`;
}

function labelTable({
  perClass,
  noise,
  runs,
}: {
  perClass: number;
  noise: Noise;
  runs: readonly LabelRun[];
}): string {
  const names = [defaultName, plainName, ...Object.keys(runs[0].inTop).slice(2)];
  const title = `${10 * perClass} scenes, labels go to ${noise === 'any class' ? 'any other class' : 'the likeliest other class'} (accuracy ${percent(mean(runs.map((r) => r.accuracy)))} with them)`;
  return `${title}:\n\n${rows(
    ['list', ...runs.map((r) => `seed ${r.seed}`), 'mean'],
    names.map((name) => [
      name,
      ...runs.map((r) => percent(r.inTop[name])),
      percent(mean(runs.map((r) => r.inTop[name]))),
    ]),
  )}`;
}
