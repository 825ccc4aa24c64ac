/**
 * Owns the checkpoints of a classifier's training. The large arrays are safetensors files of the job's folder, named
 * by where the training was; the checkpoint itself is small and names them with their checksums. It is written after
 * them, and what neither it nor the one before names is removed after it: wherever a job was killed, and whichever of its
 * files a power cut damaged, it goes on from a checkpoint whose files are whole.
 */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openSafetensors, writeSafetensors } from '../../../files/safetensors.ts';
import { type FileSeal, requireSealed } from '../../../files/sealed-file.ts';
import { makeFolder } from '../../../files/write-whole.ts';
import type { JobContext } from '../../../jobs/job-context.ts';
import type { EpochFigures, Weights } from '../../../models/classifier-folder.ts';
import type { EpochPlace } from './classifier.ts';
import type { FitPlan } from './fit-plan.ts';
import type { TrainedNetwork } from './network.ts';
import { loadState, saveState } from './state-file.ts';

export interface FitProgress {
  /** Fixed by the first run: a resumed one trains on the same images. */
  plan: FitPlan;
  /** Epochs done. */
  epoch: number;
  /** Within the epoch that is going on; null: between epochs. */
  place: EpochPlace | null;
  /** The epoch, counted from 1, that left the lowest loss on the images held out; 0: none is done. */
  bestEpoch: number;
  history: EpochFigures[];
  /** Epoch by epoch: the probability of each row's label, and whether no other class has a higher one. */
  trueProbability: Float32Array[];
  correct: Uint8Array[];
}

interface Stored extends FitProgress {
  step: number;
  statistics: Map<string, Float32Array>;
  /** The state's file, and the best epoch's where there is one. */
  files: FileSeal[];
}

export interface FitCheckpoints {
  read(): FitProgress | null;
  /** Puts the network back to where it was when the checkpoint was written. */
  restore(network: TrainedNetwork): void;
  write(progress: FitProgress, network: TrainedNetwork): void;
  /** Keeps what an epoch left. */
  keepBest(epoch: number, network: TrainedNetwork): void;
  best(epoch: number): Weights;
}

const bestFile = (epoch: number) => `best-${epoch}.safetensors`;
const stateFile = (step: number) => `state-${step}.safetensors`;

export function fitCheckpoints(
  ctx: Pick<JobContext, 'jobDir' | 'readCheckpoint' | 'writeCheckpoint'>,
): FitCheckpoints {
  const path = (name: string) => join(ctx.jobDir, name);
  const check = ({ files }: Stored) => {
    for (const seal of files) requireSealed(ctx.jobDir, seal);
  };
  let stored: Stored | null = null;
  let best: FileSeal | null = null;
  return {
    read() {
      stored = ctx.readCheckpoint<Stored>({ check });
      best = stored?.files.find(({ name }) => name === bestFile(stored!.bestEpoch)) ?? null;
      return stored;
    },
    restore(network) {
      if (!stored) return;
      loadState(path(stateFile(stored.step)), network.state);
      for (const [name, values] of stored.statistics) network.statistics.get(name)!.set(values);
    },
    write(progress, network) {
      makeFolder(ctx.jobDir);
      const { step } = network.state;
      const saved = saveState(path(stateFile(step)), network.state);
      const files = [saved, ...(best ? [best] : [])];
      const before = stored?.files ?? [];
      stored = { ...progress, step, statistics: network.statistics, files };
      ctx.writeCheckpoint<Stored>(stored);
      const named = [...files, ...before].map(({ name }) => name);
      for (const name of readdirSync(ctx.jobDir)) {
        if (/^(state|best)-\d+\.safetensors$/.test(name) && !named.includes(name)) rmSync(path(name));
      }
    },
    keepBest(epoch, network) {
      makeFolder(ctx.jobDir);
      const tensors = Object.fromEntries([
        ...[...network.state.parameters].map(
          ([name, { shape, value }]) => [name, { shape, data: value }] as const,
        ),
        ...[...network.statistics].map(([name, data]) => [name, { shape: [data.length], data }] as const),
      ]);
      best = writeSafetensors(path(bestFile(epoch)), tensors);
    },
    best(epoch) {
      const file = openSafetensors(path(bestFile(epoch)));
      try {
        return new Map(
          [...file.tensors].map(([name, { shape }]) => [name, { shape, data: file.read(name) }]),
        );
      } finally {
        file.close();
      }
    },
  };
}
