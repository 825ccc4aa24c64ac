/**
 * Owns `npm run bench -- graph`: the graph's parts for the built-in model and for random weights of Stable
 * Diffusion 1.5's size, each part in a process of its own, one at a time.
 *   [--only builtin|F16|F32] [--scratch DIR] [--keep] [--threads 2] [--provider cpu]
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Provider } from '../../src/main/runtime/runtime.ts';
import { gibibytes, machine, milliseconds, table } from './machine.ts';
import { optimiserTable } from './optimisers.ts';
import type { PartFigures, PartSpec } from './part.ts';
import { type Stored, writeRandomCheckpoint } from './random-checkpoint.ts';

const builtin = join(import.meta.dirname, '../../resources/models/diffusion');

type Case = [label: string, spec: Omit<PartSpec, 'folder' | 'provider' | 'threads'>];

const builtinCases: Case[] = [
  ['folder', { part: 'open', size: 64, batch: 1, runs: 1 }],
  ['text encoder', { part: 'text', size: 64, batch: 1, runs: 9 }],
  ['U-Net, batch 16', { part: 'unet', size: 64, batch: 16, runs: 9 }],
  ['VAE decode', { part: 'decode', size: 64, batch: 1, runs: 9 }],
  ['training step, all parameters, batch 16', { part: 'train-all', size: 64, batch: 16, runs: 9 }],
  ['with checkpointing', { part: 'train-all', size: 64, batch: 16, runs: 9, checkpointing: true }],
  ['4 batches of 4', { part: 'train-all', size: 64, batch: 4, runs: 9, accumulation: 4 }],
  ['generate 4 pictures, 20 steps', { part: 'generate', size: 64, batch: 4, runs: 3, steps: 20 }],
];

const fullCases: Case[] = [
  ['folder', { part: 'open', size: 512, batch: 1, runs: 1 }],
  ['text encoder', { part: 'text', size: 512, batch: 1, runs: 2 }],
  ['U-Net, 512x512, batch 2', { part: 'unet', size: 512, batch: 2, runs: 2 }],
  ['the same in low memory', { part: 'unet', size: 512, batch: 2, runs: 2, lowMemory: true }],
  ['VAE decode, 512x512', { part: 'decode', size: 512, batch: 1, runs: 2 }],
  ['the same in low memory', { part: 'decode', size: 512, batch: 1, runs: 2, lowMemory: true }],
  ['LoRA step, rank 4, 256x256', { part: 'train-lora', size: 256, batch: 1, runs: 2 }],
  ['with checkpointing', { part: 'train-lora', size: 256, batch: 1, runs: 2, checkpointing: true }],
  ['LoRA step, 256x256, batch 4', { part: 'train-lora', size: 256, batch: 4, runs: 1 }],
  ['with checkpointing', { part: 'train-lora', size: 256, batch: 4, runs: 1, checkpointing: true }],
  ['4 batches of 1', { part: 'train-lora', size: 256, batch: 1, runs: 1, accumulation: 4 }],
  ['generate a picture, 512x512, 4 steps', { part: 'generate', size: 512, batch: 1, runs: 1, steps: 4 }],
];

export async function benchGraph(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: 'string' },
      scratch: { type: 'string' },
      keep: { type: 'boolean', default: false },
      threads: { type: 'string', default: String(availableParallelism()) },
      provider: { type: 'string', default: 'cpu' },
    },
  });
  const shared = { provider: values.provider as Provider, threads: Number(values.threads) };
  const wanted = (name: string) => !values.only || values.only === name;
  console.log(`${machine()}; ${shared.provider}, ${shared.threads} threads.\n`);
  if (wanted('builtin')) {
    console.log(
      `### The built-in model, 64x64\n\n${await measured(builtinCases, { folder: builtin, ...shared })}\n`,
    );
    console.log(`### Optimisers\n\n${optimiserTable()}\n`);
  }
  const full: Stored[] = ['F16', 'F32'];
  for (const stored of full.filter(wanted)) {
    const scratch = values.scratch ?? mkdtempSync(join(tmpdir(), 'crux-bench-'));
    const folder = join(scratch, stored);
    try {
      if (!existsSync(join(folder, 'text_encoder', 'model.safetensors'))) {
        console.error(`writing random weights in ${stored} to ${folder}`);
        writeRandomCheckpoint(folder, stored, join(builtin, 'tokenizer'));
      }
      const figures = await measured(fullCases, { folder, ...shared });
      console.log(`### Stable Diffusion 1.5's size, ${stored}\n\n${figures}\n`);
    } finally {
      if (!values.keep) rmSync(values.scratch ? folder : scratch, { recursive: true, force: true });
    }
  }
}

async function measured(
  cases: readonly Case[],
  shared: Pick<PartSpec, 'folder' | 'provider' | 'threads'>,
): Promise<string> {
  const rows: string[][] = [];
  for (const [label, spec] of cases) {
    const { open, build, session, run, cpu, peakBytes, ownBytes } = await inChild({ ...shared, ...spec });
    const memory = ownBytes > 0 ? `${gibibytes(peakBytes)} (${gibibytes(ownBytes)})` : gibibytes(peakBytes);
    const times = [build, session ?? open, run, cpu].map(milliseconds);
    rows.push([label, ...times, memory]);
    console.error(rows.at(-1)!.join('  '));
  }
  return table(['', 'graph', 'opened', 'run', 'processor time', 'peak memory (own)'], rows);
}

/** `ownBytes`: the most seen of what is not mapped from files, which the system cannot drop; 0 where unknown. */
function inChild(spec: PartSpec): Promise<PartFigures & { ownBytes: number }> {
  return new Promise((done, fail) => {
    const program = join(import.meta.dirname, 'part.ts');
    const child = spawn(process.execPath, [program, JSON.stringify(spec)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let [printed, ownBytes] = ['', 0];
    child.stdout.on('data', (data) => {
      printed += data;
    });
    const watch = setInterval(() => {
      ownBytes = Math.max(ownBytes, anonymousBytes(child.pid!));
    }, 20);
    child.on('error', fail);
    child.on('close', (code) => {
      clearInterval(watch);
      if (code === 0) done({ ...(JSON.parse(printed) as PartFigures), ownBytes });
      else fail(new Error(`bench: ${spec.part} of ${spec.folder} ended with ${code}`));
    });
  });
}

function anonymousBytes(pid: number): number {
  const status = `/proc/${pid}/status`; // Linux
  const line = existsSync(status) && /RssAnon:\s+(\d+) kB/.exec(readFileSync(status, 'utf8'));
  return line ? 1024 * Number(line[1]) : 0;
}
