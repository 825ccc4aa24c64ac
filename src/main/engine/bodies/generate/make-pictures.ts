/**
 * Owns making and storing a job's planned pictures, batch by batch, with as many candidates as it takes to keep one.
 * A stopped job goes on after the last batch that was stored, and makes what an undisturbed one would.
 */
import { createHash } from 'node:crypto';
import { asText } from '../../../../core/prompts/put-in.ts';
import { candidateQueue, type Settled } from '../../../../core/recipes/candidates.ts';
import type { Provenance, StartingPoint } from '../../../../shared/domain/provenance.ts';
import type { ClassAcceptance } from '../../../../shared/jobs/generate.ts';
import { addScores, addSynthetic, madeIndices } from '../../../catalog/index.ts';
import { createdBy } from '../../../files/version.ts';
import { writeWhole } from '../../../files/write-whole.ts';
import { encodePng, withPngText } from '../../../images/png.ts';
import type { JobContext } from '../../../jobs/job-context.ts';
import type { Generator, PictureRequest } from '../../../models/diffusion/generator.ts';
import type { PreviewPicture } from '../../../models/diffusion/previewer.ts';
import { candidateOf, groupsOf, type PlannedPicture } from './generation-plan.ts';
import type { MadePicture, Selection } from './selection.ts';

type Context = JobContext<'generate'>;

/** How a picture starts, and how its provenance tells it. */
export type Starter = (
  p: PlannedPicture,
) => Promise<{ from?: PictureRequest['from']; start?: StartingPoint }>;

/** What a picture is made with: the job's part of its provenance. */
export interface Making {
  recipe: string;
  /** Hashes by role. */
  models: Record<string, string>;
  /** false: the base model alone. */
  knowsDifficulty: boolean;
  /** Unusual settings without a place of their own in the provenance. */
  settings: Provenance['settings'];
  generator: Generator;
  starter: Starter;
  /** null: every picture is kept. */
  selection: Selection | null;
}

export async function makePictures(
  ctx: Context,
  making: Making,
  planned: readonly PlannedPicture[],
): Promise<void> {
  const { catalog, params, job } = ctx;
  const { selection } = making;
  const made = madeIndices(catalog, job.id);
  const limit = selection ? params.attempts : 1;
  const queue = candidateQueue(
    groupsOf(planned, making.generator.chunksOf),
    { batchSize: params.batchSize, limit },
    selection?.restored,
  );
  // With a selection, what is settled is counted from its state: left-out pictures have no row.
  let settledCount = selection
    ? selection.classes().reduce((n, c) => n + c.accepted + c.atLimit, 0)
    : made.size;
  ctx.progress({ stage: stageWords(selection), done: settledCount, total: planned.length });
  for (let batch = queue.next(); batch.length > 0; batch = queue.next()) {
    if (!selection && batch.every(({ index }) => made.has(index))) {
      queue.settle(batch.map(() => ({ miss: 0, made: null as never })));
      continue;
    }
    const candidates = batch.map(({ index, attempt }) => candidateOf(planned[index], attempt, params.seed));
    const pictures = await makeBatch(ctx, making, candidates);
    const judged = selection
      ? await selection.judge(candidates, pictures)
      : pictures.map((picture) => ({ miss: 0, made: picture }));
    const settled = queue.settle(judged);
    for (const one of settled) {
      const picture = planned[one.index];
      selection?.count(picture, one);
      const stored = made.has(one.index); // and killed before the state was saved
      if (selection || !stored) settledCount++;
      if (stored) continue;
      if (!one.accepted && params.atLimit === 'leave-out') continue;
      await store(ctx, making, picture, one);
    }
    selection?.save(queue.state());
    ctx.progress({ stage: stageWords(selection), done: settledCount });
    if (settled.length > 0) ctx.emit('catalog.changed', { datasetId: params.datasetId });
  }
}

/** With a selection also how many candidates it has taken so far, which says early when a rule asks too much. */
function stageWords(selection: Selection | null): string {
  const classes = selection?.classes() ?? [];
  if (classes.length === 0) return 'generating';
  const sum = (of: (c: ClassAcceptance) => number) => classes.reduce((n, c) => n + of(c), 0);
  return `generating, ${sum((c) => c.accepted)} of ${sum((c) => c.candidates)} candidates as wanted`;
}

async function makeBatch(
  ctx: Context,
  { generator, starter, knowsDifficulty }: Making,
  candidates: readonly PlannedPicture[],
): Promise<MadePicture[]> {
  const [first] = candidates;
  const show = (step: number, steps: number, picture: PreviewPicture) =>
    ctx.emit('generate.preview', {
      jobId: ctx.job.id,
      index: first.index,
      step,
      steps,
      className: first.className,
      difficulty: knowsDifficulty ? first.difficulty : null,
      ...picture,
      rgb: new Uint8Array(picture.rgb),
    });
  const starts: Awaited<ReturnType<Starter>>[] = [];
  for (const p of candidates) starts.push(await starter(p));
  let steps = 0;
  const pictures = await generator.generate(
    candidates.map((p, i) => ({ ...p, from: starts[i].from })),
    async (step, total, preview) => {
      ctx.signal.throwIfAborted();
      steps = total;
      const picture = step < total ? await preview() : null;
      if (picture) show(step, total, picture);
    },
  );
  const { size } = generator;
  show(steps, steps, { width: size, height: size, rgb: pictures[0] });
  return await Promise.all(
    pictures.map(async (rgb, i) => ({
      seed: candidates[i].seed,
      start: starts[i].start,
      file: await encodePng(rgb, size, size),
      verdict: null,
    })),
  );
}

async function store(
  ctx: Context,
  making: Making,
  p: PlannedPicture,
  settled: Settled<MadePicture>,
): Promise<void> {
  const { catalog, params, job } = ctx;
  const { generator, selection } = making;
  const { verdict, file } = settled.made;
  const provenance = provenanceOf(ctx, making, p, settled);
  const bytes = withPngText(file, { crux: JSON.stringify(provenance) });
  const path = `synthetic/${params.datasetId}/${job.id}-${String(p.index).padStart(6, '0')}.png`;
  writeWhole(catalog.file(path), bytes);
  catalog.write(() => {
    const imageId = addSynthetic(catalog, {
      datasetId: params.datasetId,
      classId: p.classId,
      jobId: job.id,
      index: p.index,
      path,
      hash: createHash('sha256').update(bytes).digest('hex'),
      bytes: bytes.length,
      width: generator.size,
      height: generator.size,
      provenance,
    });
    if (selection && verdict)
      addScores(catalog, selection.scorer.id, {
        imageIds: [imageId],
        probabilities: verdict.probabilities,
      });
  });
}

function provenanceOf(
  { params, runtime }: Context,
  { recipe, models, knowsDifficulty, settings, generator, selection }: Making,
  p: PlannedPicture,
  { accepted, attempt, attempts, made: { seed, start, verdict } }: Settled<MadePicture>,
): Provenance {
  const chunks = generator.chunksOf(p);
  return {
    recipe,
    models,
    seed,
    prompt: asText(p.prompt),
    negativePrompt: p.negativePrompt,
    ...(params.promptSyntax !== 'plain' && { promptSyntax: params.promptSyntax }),
    ...(chunks > 1 && { promptChunks: chunks }),
    ...(params.clipSkip !== null && { clipSkip: params.clipSkip }),
    ...(p.captionOf ? { captionOf: p.captionOf } : {}),
    className: p.className,
    requestedDifficulty: knowsDifficulty ? p.difficulty : null,
    scheduler: generator.scheduler,
    steps: params.steps,
    guidanceScale: params.guidanceScale,
    guidanceMode: params.guidanceMode,
    ...(params.guidanceMode === 'separate' && { difficultyGuidance: params.difficultyGuidance }),
    ...(params.eta > 0 ? { eta: params.eta } : {}),
    ...(start ? { start } : {}),
    ...(p.firstPrompt !== null
      ? { firstStage: { prompt: asText(p.firstPrompt), share: params.firstShare } }
      : {}),
    ...(selection && verdict
      ? {
          selection: {
            scorer: selection.scorer.name,
            measured: verdict.measured,
            agrees: verdict.agrees,
            candidate: attempt + 1,
            candidates: attempts,
            accepted,
          },
        }
      : {}),
    ...(settings && { settings }),
    provider: runtime.provider,
    createdBy,
  };
}
