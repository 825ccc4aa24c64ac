/**
 * Owns `npm run bench -- fit`: what a step of fine-tuning costs, of networks of ResNet-50's and ViT-B/16's size with
 * random weights at 224 pixels, and what a checkpoint of it costs. Each in a process of its own.
 *   [--batch 16] [--runs 3] [--threads 2] [--only resnet50|vit_base]
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { FitFigures, FitSpec } from './fit-part.ts';
import { gibibytes, machine, milliseconds, table } from './machine.ts';
import { type RandomNetwork, writeRandomNetwork } from './random-network.ts';

const networks: readonly RandomNetwork[] = ['resnet50', 'vit_base'];

const variants: readonly (Pick<FitSpec, 'train' | 'checkpointing'> & { name: string })[] = [
  { name: 'all parameters', train: 'all', checkpointing: false },
  { name: 'all, with gradient checkpointing', train: 'all', checkpointing: true },
  { name: 'the last stage', train: 'last-stage', checkpointing: false },
];

export function benchFit(args: string[]): void {
  const { values } = parseArgs({
    args,
    options: {
      batch: { type: 'string', default: '16' },
      runs: { type: 'string', default: '3' },
      threads: { type: 'string', default: String(availableParallelism()) },
      only: { type: 'string' },
    },
  });
  const [batch, runs, threads] = [values.batch, values.runs, values.threads].map(Number);
  console.log(`${machine()}; ${threads} threads, batch ${batch}, 224x224.\n`);
  const rows: string[][] = [];
  for (const network of networks.filter((name) => !values.only || name === values.only)) {
    const folder = mkdtempSync(join(tmpdir(), 'crux-bench-fit-'));
    try {
      writeRandomNetwork(folder, network);
      for (const { name, train, checkpointing } of variants) {
        const spec: FitSpec = { folder, train, checkpointing, batch, runs, threads };
        const answer = execFileSync(
          process.execPath,
          [fileURLToPath(new URL('./fit-part.ts', import.meta.url)), JSON.stringify(spec)],
          { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
        );
        const f = JSON.parse(answer) as FitFigures;
        rows.push([
          `${network}, ${name}`,
          (f.trained / 1e6).toFixed(1),
          milliseconds(f.step.clock),
          milliseconds(f.step.processor),
          milliseconds(f.judge.processor),
          milliseconds(f.checkpoint.clock),
          gibibytes(f.peakBytes),
          gibibytes(f.computedBytes),
        ]);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
  const head = [
    '',
    'millions trained',
    'step',
    'its processor time',
    'judging a batch, processor time',
    'checkpoint',
    'peak memory',
    'told before',
  ];
  console.log(table(head, rows));
}
