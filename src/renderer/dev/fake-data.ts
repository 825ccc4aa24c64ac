/** Owns made-up, deterministic data for looking at the screens and for tests. Never part of the product. */
import type { Dataset } from '../../shared/domain/dataset.ts';
import type { DensityCurve, DifficultySummary, ProjectionData } from '../../shared/domain/difficulty.ts';
import type { ImageDetail, ImageFilter, ImageSort } from '../../shared/domain/image.ts';
import type { ModelEntry } from '../../shared/domain/model.ts';
import type { Scorer } from '../../shared/domain/scorer.ts';
import type { JobKind } from '../../shared/jobs/index.ts';
import type { Job } from '../../shared/jobs/job.ts';

export const classNames = [
  'dress',
  'hat',
  'longsleeve',
  'outwear',
  'pants',
  'shirt',
  'shoes',
  'shorts',
  'skirt',
  't-shirt',
];
const start = Date.UTC(2026, 10, 20, 9, 30);

/** A small generator of our own kind of noise: same seed, same world. */
export function noise(seed: number) {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2 ** 32;
  };
}

export const scorer: Scorer = {
  id: 1,
  datasetId: 1,
  name: 'Out-of-fold probe',
  method: 'out-of-fold',
  modelName: 'Small encoder',
  modelHash: 'a'.repeat(64),
  temperature: 1,
  accuracy: 0.842,
  scored: 0,
  createdAt: start,
};

export function makeImages(real: number, synthetic: number): ImageDetail[] {
  const random = noise(7);
  return Array.from({ length: real + synthetic }, (_, i) => {
    const isSynthetic = i >= real;
    const c = i % classNames.length;
    const bias = 0.25 + 0.12 * Math.sin(c * 1.7);
    const difficulty = Math.min(1, Math.max(0, random() ** (1 / bias - 1.6) * (isSynthetic ? 1.1 : 1)));
    const other = (c + 1 + Math.floor(random() * 8)) % classNames.length;
    const requested = isSynthetic ? [0.2, 0.5, 0.8][i % 3] : null;
    const probability = 1 - difficulty;
    const best = probability >= 0.5 ? c : other;
    const top = [
      { className: classNames[best], probability: Math.max(probability, difficulty * 0.8) },
      { className: classNames[best === c ? other : c], probability: Math.min(probability, difficulty * 0.8) },
      {
        className: classNames[(other + 1) % 10 === c ? (c + 1) % 10 : (other + 1) % 10],
        probability: difficulty * 0.15,
      },
    ];
    return {
      id: i + 1,
      datasetId: 1,
      path: isSynthetic
        ? `synthetic/${classNames[c]}/seed-${i}.png`
        : `${classNames[c]}/${String(i).padStart(5, '0')}.jpg`,
      classId: c + 1,
      className: classNames[c],
      origin: isSynthetic ? 'synthetic' : 'real',
      width: isSynthetic ? 64 : 400,
      height: isSynthetic ? 64 : 533,
      difficulty,
      requestedDifficulty: requested,
      decision: isSynthetic && i % 5 === 0 ? 'accept' : isSynthetic && i % 7 === 0 ? 'reject' : null,
      hash: (i * 7919).toString(16).padStart(64, '0'),
      bytes: 24_000 + i * 37,
      format: isSynthetic ? 'png' : 'jpeg',
      split: isSynthetic ? null : i % 5 === 0 ? 'test' : 'train',
      caption: `a photo of a ${classNames[c]}`,
      captionSource: 'template',
      tags: i % 9 === 0 ? ['blurred'] : [],
      scores: [
        {
          scorerId: 1,
          scorerName: scorer.name,
          difficulty,
          entropy: 2.3 * difficulty,
          margin: Math.abs(top[0].probability - top[1].probability),
          predictedClass: classNames[best],
          top,
        },
      ],
      provenance: isSynthetic
        ? {
            recipe: 'difficulty-controlled',
            models: { 'base model': 'b'.repeat(64), 'difficulty adapter': 'c'.repeat(64) },
            seed: 1000 + i,
            prompt: `a photo of a ${classNames[c]}`,
            negativePrompt: '',
            className: classNames[c],
            requestedDifficulty: requested,
            scheduler: 'pndm',
            steps: 30,
            guidanceScale: 2,
            guidanceMode: 'null-token',
            provider: 'cpu',
            createdBy: 'crux 0.1.0',
          }
        : null,
      labelHistory: [
        { at: start, from: null, to: classNames[c], source: isSynthetic ? 'generation' : 'import' },
      ],
      present: true,
    };
  });
}

export function datasetOf(images: ImageDetail[]): Dataset {
  const synthetic = images.filter(({ origin }) => origin === 'synthetic').length;
  return {
    id: 1,
    name: 'clothing-1k',
    root: '/home/ada/pictures/clothing-1k',
    source: '/home/ada/pictures/clothing-1k',
    images: images.length - synthetic,
    synthetic,
    removed: 0,
    skipped: 3,
    classes: classNames.map((name, index) => {
      const mine = images.filter(({ classId }) => classId === index + 1);
      return {
        id: index + 1,
        name,
        index,
        images: mine.filter(({ origin }) => origin === 'real').length,
        synthetic: mine.filter(({ origin }) => origin === 'synthetic').length,
      };
    }),
    scorers: [{ ...scorer, scored: images.length }],
    currentScorerId: 1,
    hasProjection: true,
    createdAt: start,
  };
}

const bucketOf = (s: number) => (s < 0.33 ? 'easy' : s < 0.66 ? 'medium' : 'hard');

export function passes(image: ImageDetail, filter: ImageFilter): boolean {
  const s = image.difficulty;
  if (filter.classIds && !filter.classIds.includes(image.classId ?? -1)) return false;
  if (filter.origin && image.origin !== filter.origin) return false;
  if (filter.difficulty && (s === null || s < filter.difficulty.min || s > filter.difficulty.max))
    return false;
  if (filter.bucket && (s === null || bucketOf(s) !== filter.bucket)) return false;
  if (filter.decision && (image.decision ?? 'none') !== filter.decision) return false;
  if (filter.acceptedOnly && image.origin === 'synthetic' && image.decision !== 'accept') return false;
  if (filter.withoutRejected && image.decision === 'reject') return false;
  if (filter.split && image.split !== filter.split) return false;
  if (filter.tag && !image.tags.includes(filter.tag)) return false;
  const text = filter.text?.toLowerCase();
  if (text && !`${image.path} ${image.caption}`.toLowerCase().includes(text)) return false;
  if (filter.disagrees !== undefined) {
    return (image.scores[0]?.predictedClass !== image.className) === filter.disagrees;
  }
  return true;
}

export function ordered(images: ImageDetail[], sort: ImageSort): ImageDetail[] {
  const by: Record<ImageSort, (a: ImageDetail, b: ImageDetail) => number> = {
    path: (a, b) => (a.path < b.path ? -1 : 1),
    'difficulty-asc': (a, b) => (a.difficulty ?? 0) - (b.difficulty ?? 0),
    'difficulty-desc': (a, b) => (b.difficulty ?? 0) - (a.difficulty ?? 0),
    newest: (a, b) => b.id - a.id,
    margin: (a, b) => a.scores[0].margin - b.scores[0].margin,
    entropy: (a, b) => b.scores[0].entropy - a.scores[0].entropy,
  };
  return [...images].sort(by[sort]);
}

function curve(label: string, values: number[]): DensityCurve {
  const bandwidth = 0.06;
  const x = Array.from({ length: 101 }, (_, i) => i / 100);
  const y = x.map(
    (at) =>
      values.reduce((sum, v) => sum + Math.exp(-0.5 * ((at - v) / bandwidth) ** 2), 0) /
      (values.length * bandwidth * Math.sqrt(2 * Math.PI)),
  );
  return { label, count: values.length, x, y };
}

export function summaryOf(images: ImageDetail[], perClass: number): DifficultySummary {
  const scored = images.filter(({ difficulty }) => difficulty !== null);
  const real = scored.filter(({ origin }) => origin === 'real');
  const stats = (set: ImageDetail[]) => {
    const sorted = ordered(set, 'difficulty-asc');
    const values = sorted.map(({ difficulty }) => difficulty ?? 0);
    const buckets = { easy: 0, medium: 0, hard: 0 };
    for (const value of values) buckets[bucketOf(value)]++;
    return {
      buckets,
      mean: values.reduce((a, b) => a + b, 0) / Math.max(1, values.length),
      median: values[Math.floor(values.length / 2)] ?? 0,
      accuracy:
        set.filter(({ className, scores }) => scores[0].predictedClass === className).length /
        Math.max(1, set.length),
      easiest: sorted.slice(0, perClass).map(({ id }) => id),
      hardest: sorted
        .slice(-perClass)
        .reverse()
        .map(({ id }) => id),
    };
  };
  const { median: _, ...all } = stats(real);
  const of = (which: string) =>
    scored.filter(({ origin }) => origin === which).map(({ difficulty }) => difficulty ?? 0);
  return {
    scorer: { ...scorer, scored: scored.length },
    ...all,
    curves: [curve('Real', of('real')), curve('Synthetic', of('synthetic'))].filter(({ count }) => count > 0),
    classes: classNames.map((className, index) => {
      const mine = real.filter(({ classId }) => classId === index + 1);
      return { classId: index + 1, className, count: mine.length, ...stats(mine) };
    }),
  };
}

export function projectionOf(images: ImageDetail[]): ProjectionData {
  const random = noise(11);
  const gauss = () => Math.sqrt(-2 * Math.log(random() + 1e-9)) * Math.cos(2 * Math.PI * random());
  const n = images.length;
  const positions = new Float32Array(2 * n);
  images.forEach((image, i) => {
    const c = (image.classId ?? 1) - 1;
    const spread = 5 + 16 * (image.difficulty ?? 0);
    positions[2 * i] = 40 * Math.cos(c * 0.9) * (1 + 0.25 * (c % 3)) + gauss() * spread * 0.6;
    positions[2 * i + 1] = 40 * Math.sin(c * 0.9) * (1 + 0.25 * (c % 3)) + gauss() * spread * 0.6;
  });
  return {
    projectionId: 1,
    method: 't-SNE',
    modelName: 'Small encoder',
    ids: Uint32Array.from(images, ({ id }) => id),
    positions,
    classIndex: Int32Array.from(images, ({ classId }) => (classId ?? 0) - 1),
    difficulty: Float32Array.from(images, ({ difficulty }) => difficulty ?? Number.NaN),
    synthetic: Uint8Array.from(images, ({ origin }) => (origin === 'synthetic' ? 1 : 0)),
  };
}

const model = (
  entry: Partial<ModelEntry> & Pick<ModelEntry, 'id' | 'name' | 'kind' | 'summary'>,
): ModelEntry => ({
  path: `resources/models/${entry.kind}`,
  hash: 'd41d8cd98f00b204'.repeat(4),
  builtIn: true,
  datasetId: null,
  usable: true,
  problem: null,
  createdAt: start,
  ...entry,
});

export const models: ModelEntry[] = [
  model({
    id: 'builtin:diffusion',
    name: 'Tiny diffusion',
    kind: 'diffusion',
    summary: 'Stable-Diffusion-shaped, 64 × 64 pixels, text encoder, U-Net and VAE',
  }),
  model({
    id: 'builtin:encoder',
    name: 'Small encoder',
    kind: 'encoder',
    summary: '128 features of 64 × 64 images',
  }),
  model({
    id: 'builtin:clip',
    name: 'Small CLIP',
    kind: 'encoder',
    summary: '64 features of 64 × 64 images and of texts',
  }),
  model({
    id: 'model:1',
    name: 'mobilenetv2-7',
    kind: 'classifier',
    builtIn: false,
    path: '/home/ada/models/mobilenetv2-7.onnx',
    summary: '224 × 224, 1,000 labels, features of 1,280',
  }),
  model({
    id: 'model:2',
    name: 'Difficulty of clothing-1k',
    kind: 'difficulty-adapter',
    builtIn: false,
    datasetId: 1,
    path: 'catalog/models/2',
    summary: 'LoRA rank 4, 300 steps, last smoothed loss 0.118',
  }),
  model({
    id: 'model:3',
    name: 'old-resnet',
    kind: 'classifier',
    builtIn: false,
    path: '/mnt/usb/old-resnet.onnx',
    summary: 'ONNX classifier',
    usable: false,
    problem: 'The file is not there any more. Plug in the drive, or remove the model and add it again.',
  }),
];

type Known = 'id' | 'kind' | 'title' | 'state';

export const makeJob = <K extends JobKind>(
  job: Partial<Job<K>> & Pick<Job<K>, Known> & { kind: K },
): Job<K> =>
  ({
    datasetId: 1,
    stage: '',
    done: 0,
    total: null,
    secondsLeft: null,
    error: null,
    result: null,
    device: 'cpu',
    createdAt: start + job.id * 60_000,
    startedAt: job.state === 'queued' ? null : start + job.id * 60_000,
    finishedAt: job.state === 'queued' || job.state === 'running' ? null : start + job.id * 60_000 + 41_000,
    params: {},
    ...job,
  }) as Job<K>;

export const jobs: Job[] = [
  makeJob({ id: 8, kind: 'rescore', title: 'Measure the difficulty of new images', state: 'queued' }),
  makeJob({
    id: 7,
    kind: 'generate',
    title: 'Generate 60 images at 0.80 ± 0.10',
    state: 'running',
    stage: 'image 24 of 60',
    done: 24,
    total: 60,
    secondsLeft: 83,
  }),
  makeJob({
    id: 6,
    kind: 'export',
    title: 'Export accepted images',
    state: 'done',
    params: { out: '/home/ada/exports/clothing-1k-hard' },
    result: {
      out: '/home/ada/exports/clothing-1k-hard',
      images: 412,
      real: 380,
      synthetic: 32,
      bytes: 91_402_113,
    },
    done: 412,
  }),
  makeJob({
    id: 5,
    kind: 'train',
    title: 'Train a difficulty model',
    state: 'cancelled',
    done: 120,
    total: 300,
  }),
  makeJob({
    id: 4,
    kind: 'generate',
    title: 'Generate 30 images at 0.20 ± 0.10',
    state: 'failed',
    error: 'The engine stopped while image 12 was made (out of memory). Choose a smaller batch and resume.',
  }),
  makeJob({
    id: 3,
    kind: 'project',
    title: 't-SNE of 1,000 images',
    state: 'done',
    result: { projectionId: 1, images: 1000, perplexity: 30, divergence: 1.214 },
  }),
  makeJob({
    id: 2,
    kind: 'score',
    title: 'Score by out-of-fold probe',
    state: 'done',
    result: { scorerId: 1, scored: 1000, accuracy: 0.842, temperature: 1, folds: 5, penalty: 0.01 },
  }),
  makeJob({
    id: 1,
    kind: 'import',
    title: 'Import clothing-1k',
    state: 'done',
    result: {
      datasetId: 1,
      found: 1003,
      imported: 1000,
      unchanged: 0,
      changed: 0,
      removed: 0,
      skipped: 3,
      classes: 8,
      summary: {
        layout: 'Class folders',
        used: [{ what: 'Labels from folder names', count: 1000, examples: [] }],
        unused: [
          { what: 'System files and folders (macOS)', count: 2, examples: ['.DS_Store', '__MACOSX'] },
          { what: 'Left out, each listed with its reason', count: 3, examples: ['shirt/7.jpg: truncated'] },
        ],
      },
    },
  }),
];
