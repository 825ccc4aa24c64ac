/**
 * Owns the process that looks into the analyst's files: one inspection after another, until whoever asks is gone.
 * Arguments: that process, and the bytes of memory that this one may take. A file may end it at any moment; the other
 * side is inspector.ts.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { z } from 'zod';
import type { Catalog } from '../catalog/index.ts';
import { engineEntry } from '../runtime/node-binary.ts';
import {
  type Ask,
  type InspectionName,
  type InspectionOutput,
  inspections,
  MAX_ANSWER,
  type Told,
} from './inspections.ts';
import type { Watched } from './watchdog.ts';

type Bodies = {
  [N in InspectionName]: (
    input: z.output<(typeof inspections)[N]['input']>,
  ) => InspectionOutput<N> | Promise<InspectionOutput<N>>;
};

/** Loaded when first asked for: what checks models loads a runtime, what answers forms the catalog. */
const bodies: Bodies = {
  'model.check': async ({ path }) => (await import('../models/examine.ts')).examineModel(path),
  'model.hash': async (model) => (await import('../models/hash-model.ts')).hashModel(model),
  'model.try': async (file) => {
    const { openOnnxClassifier } = await import('../models/onnx-classifier.ts');
    const encoder = await openOnnxClassifier(file, { provider: 'cpu', threads: 1 });
    await encoder.close();
    const { dim, scores, tried } = encoder;
    return { dim, scores, tried };
  },
  'job.memory': async ({ catalog, request }) =>
    (await import('./job-memory.ts')).memoryWarning(await catalogAt(catalog), request),
  'generation.outline': async ({ catalog, params }) =>
    (await import('./bodies/generate/generation-outline.ts')).outlineGeneration(
      await catalogAt(catalog),
      params,
    ),
  'images.like': async ({ catalog, ...search }) =>
    (await import('../scorers/text-search.ts')).imagesLike(await catalogAt(catalog), search),
  'lora.export': async ({ from, out, layout }) => {
    const { readLoraFile, writeLoraFile } = await import('../models/lora-file.ts');
    const adapter = readLoraFile(from);
    writeLoraFile(out, adapter, layout);
    return { unet: adapter.unet.size, textEncoder: adapter.text_encoder.size };
  },
};

/** Shared with the watchdog. */
const work = new Int32Array(new SharedArrayBuffer(16));

let opened: Catalog | null = null;

async function catalogAt(folder: string): Promise<Catalog> {
  if (opened?.dir === folder) return opened;
  opened?.close();
  opened = null;
  const { openCatalog } = await import('../catalog/index.ts');
  opened = openCatalog(folder);
  return opened;
}

async function answer({ name, input }: Ask): Promise<Told> {
  Atomics.add(work, 0, 1);
  Atomics.store(work, 1, inspections[name].workMs ?? 0);
  Atomics.store(work, 3, 'catalog' in inspections[name].input.shape ? 1 : 0);
  Atomics.store(work, 2, inspections[name].waitMs); // last: it is watched from here on
  try {
    const body = bodies[name] as (input: unknown) => unknown;
    const value = await body(inspections[name].input.parse(input));
    const { length } = JSON.stringify(value);
    if (length > MAX_ANSWER)
      throw new Error(`there is too much to say about it (${length} characters, limit ${MAX_ANSWER})`);
    return { ok: true, value };
  } catch (error) {
    const { code } = error as { code?: unknown };
    const message = error instanceof Error ? error.message : String(error);
    return {
      ok: false,
      // ONNX Runtime's run over several lines.
      message: message.replace(/\s*\n\s*/g, ' ').slice(0, 4000),
      code: typeof code === 'string' ? code : null,
    };
  } finally {
    Atomics.store(work, 2, 0);
  }
}

const [parent, memory] = process.argv.slice(2).map(Number);
const watched: Watched = { parent, memory, work };
const watchdog = new Worker(engineEntry('watchdog'), { workerData: watched });
await once(watchdog, 'online');

process.on('disconnect', () => process.exit(0));
process.on('message', (ask: Ask) => void answer(ask).then((told) => process.send?.(told)));
