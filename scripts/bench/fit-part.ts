/** Owns one measurement of `npm run bench -- fit`, in a process of its own: argv has the spec, stdout the figures. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { numel } from '../../src/core/graph/value.ts';
import { randn, rngFromSeed } from '../../src/core/rng.ts';
import { fitCheckpoints } from '../../src/main/engine/bodies/fit/checkpoints.ts';
import { fineTuningGraph } from '../../src/main/engine/bodies/fit/graphs.ts';
import { openNetwork, stepMemory } from '../../src/main/engine/bodies/fit/network.ts';
import { readGeneration, writeGeneration } from '../../src/main/files/sealed-file.ts';
import { readTensors } from '../../src/main/models/stored-part.ts';
import { readVisionFolder } from '../../src/main/models/vision-folder.ts';
import { peakBytes } from './machine.ts';

export interface FitSpec {
  folder: string;
  train: 'all' | 'last-stage';
  checkpointing: boolean;
  batch: number;
  runs: number;
  threads: number;
}

/** Milliseconds. */
export interface Times {
  clock: number;
  processor: number;
}

export interface FitFigures {
  /** Parameters that are trained. */
  trained: number;
  step: Times;
  /** Probabilities of one batch. */
  judge: Times;
  checkpoint: Times;
  peakBytes: number;
  /** What `crux fit` says before it starts. */
  computedBytes: number;
}

const classes = 10;

/** The least of the runs, of the clock and of what all cores together worked: on a shared machine the rest is others'. */
async function quickest(runs: number, work: () => unknown): Promise<Times> {
  const least = { clock: Number.POSITIVE_INFINITY, processor: Number.POSITIVE_INFINITY };
  for (let i = 0; i < runs; i++) {
    const started = performance.now();
    const before = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(before);
    least.clock = Math.min(least.clock, performance.now() - started);
    least.processor = Math.min(least.processor, (user + system) / 1000);
  }
  return least;
}

async function measure(spec: FitSpec): Promise<FitFigures> {
  const vision = readVisionFolder(spec.folder, 'bench');
  const base = { ...vision, trainable: vision.trainable! };
  const { stages, head } = base.trainable;
  const graph = fineTuningGraph(base, {
    firstStage: spec.train === 'all' ? 0 : stages - 1,
    classes,
    batchSize: spec.batch,
  });
  const computedBytes = stepMemory(graph, spec.checkpointing);
  const network = await openNetwork(
    graph,
    {
      weightDecay: 0.05,
      gradientCheckpointing: spec.checkpointing,
      seed: 0,
      initialise: (name) =>
        name.startsWith(`${head}.`) ? null : readTensors(base.part, [name]).get(name)!.data,
    },
    { provider: 'cpu', threads: spec.threads },
  );
  const samples = randn(numel(graph.samples.shape), rngFromSeed(1));
  const targets = new Float32Array(spec.batch * classes).fill(1 / classes);
  const step = await quickest(spec.runs, () => network.step(samples, targets, 1e-5));
  const judge = await quickest(spec.runs, () => network.probabilities(samples));
  const jobDir = mkdtempSync(join(tmpdir(), 'crux-bench-checkpoint-'));
  try {
    const file = join(jobDir, 'checkpoint.bin');
    const checkpoints = fitCheckpoints({
      jobDir,
      readCheckpoint: <T>() => readGeneration<T>(file, { onDamaged: console.error }),
      writeCheckpoint: (value) => writeGeneration(file, value),
    });
    const plan = {
      images: [],
      labels: new Int32Array(),
      classNames: [],
      train: [],
      validation: [],
    };
    const progress = {
      plan,
      epoch: 0,
      place: null,
      bestEpoch: 0,
      history: [],
      trueProbability: [],
      correct: [],
    };
    const checkpoint = await quickest(spec.runs, () => checkpoints.write(progress, network));
    const trained = [...graph.parameters.values()].reduce((n, { shape }) => n + numel(shape), 0);
    return { trained, step, judge, checkpoint, peakBytes: peakBytes(), computedBytes };
  } finally {
    rmSync(jobDir, { recursive: true });
  }
}

console.log(JSON.stringify(await measure(JSON.parse(process.argv[2]) as FitSpec)));
