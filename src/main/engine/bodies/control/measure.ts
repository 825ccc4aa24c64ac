/**
 * Owns making the pictures of a control report and measuring each as soon as it is there. What is measured goes to a
 * record file of its variant, so that a killed job goes on with the next batch.
 */
import { join } from 'node:path';
import type { ControlSample } from '../../../../core/metrics/control.ts';
import type { ControlVariant, ScorerRole } from '../../../../shared/control.ts';
import { classesOf } from '../../../catalog/index.ts';
import { writeWhole } from '../../../files/write-whole.ts';
import { encodePng } from '../../../images/png.ts';
import type { JobContext } from '../../../jobs/job-context.ts';
import type { GenerationModel } from '../../../models/diffusion/generation-model.ts';
import { openGenerator } from '../../../models/diffusion/generator.ts';
import type { DifficultyAdapter } from '../../../models/diffusion/sessions.ts';
import type { Judge } from '../../../scorers/judge.ts';
import { judgePictures, verdictOf } from '../../../scorers/judge-pictures.ts';
import type { PlannedPicture } from './plan.ts';
import { openRecordFile } from './record-file.ts';

type Context = JobContext<'control'>;

/** The scorer that the adapter was trained with comes first: its encoder's features are kept. */
export type Judges = readonly { role: ScorerRole; judge: Judge }[];

/** All pictures of a variant as all scorers see them. */
export interface Measured {
  pictures: readonly PlannedPicture[];
  /** By scorer, one sample per picture. */
  samples: Partial<Record<ScorerRole, ControlSample[]>>;
  /** Of the first scorer's encoder, f32[pictures,dim]. */
  features: Float32Array;
  dim: number;
}

/** Where the pictures of a class are. */
export const rowsOf = ({ pictures }: Measured, className: string): number[] =>
  pictures.flatMap((p, row) => (p.className === className ? [row] : []));

/** Pictures of so many seeds per class are kept for looking at. */
export const shownDraws = 2;

const stages: Record<ControlVariant, string> = {
  controlled: 'generating at every level',
  base: 'generating with the base model',
  plain: 'generating with the plain LoRA',
};

/** The folder of a control report, relative to the catalog's. */
export const folderOf = (ctx: Context) => join('control', String(ctx.job.id));

/** Name within that folder of a picture that is kept. */
export const pictureName = (variant: ControlVariant, p: PlannedPicture) =>
  `${variant}-${p.classIndex}-${p.draw}-${p.level}.png`;

/** Makes and measures what is not measured yet. @param adapter null: a model that knows no difficulty. */
export async function makeAndMeasure(
  ctx: Context,
  variant: ControlVariant,
  model: GenerationModel,
  adapter: DifficultyAdapter | null,
  pictures: readonly PlannedPicture[],
  judges: Judges,
): Promise<Measured> {
  const { params } = ctx;
  const total = pictures.length;
  const shape = { numbers: 2 * judges.length, features: judges[0].judge.encoder.dim };
  const file = join(ctx.jobDir, `${variant}.records`);
  const onDamaged = (text: string) => ctx.log('warn', text);
  const records = openRecordFile(file, shape, { batchSize: params.batchSize, total, onDamaged });
  try {
    if (records.count < total) {
      const columns = judges.map(({ judge }) => columnsOf(ctx, judge));
      const generator = await openGenerator(model, adapter, params, ctx.runtime);
      try {
        for (let at = records.count; at < total; at += params.batchSize) {
          ctx.signal.throwIfAborted();
          ctx.progress({ stage: stages[variant], done: at, total });
          const batch = pictures.slice(at, at + params.batchSize);
          const made = await generator.generate(batch, async () => ctx.signal.throwIfAborted());
          const files = await Promise.all(made.map((rgb) => encodePng(rgb, generator.size, generator.size)));
          keepShown(ctx, variant, batch, files);
          const numbers = new Float64Array(batch.length * shape.numbers);
          let kept: Float32Array | null = null;
          for (const [j, { judge }] of judges.entries()) {
            const { features, probabilities } = await judgePictures(judge, files);
            kept ??= features;
            const k = judge.scorer.classIds.length;
            batch.forEach(({ className }, i) => {
              const row = probabilities.subarray(i * k, (i + 1) * k);
              const { measured, agrees } = verdictOf(row, columns[j].get(className)!);
              numbers.set([measured, Number(agrees)], i * shape.numbers + 2 * j);
            });
          }
          records.append(numbers, kept!);
        }
      } finally {
        await generator.close();
      }
    }
    const { numbers, features } = records.readAll();
    const samplesOf = (j: number) =>
      pictures.map(({ classIndex, draw, difficulty }, i) => ({
        classIndex,
        draw,
        requested: difficulty,
        measured: numbers[i * shape.numbers + 2 * j],
        agrees: numbers[i * shape.numbers + 2 * j + 1] === 1,
      }));
    return {
      pictures,
      samples: Object.fromEntries(judges.map(({ role }, j) => [role, samplesOf(j)])),
      features,
      dim: shape.features,
    };
  } finally {
    records.close();
  }
}

function keepShown(
  ctx: Context,
  variant: ControlVariant,
  batch: readonly PlannedPicture[],
  files: readonly Uint8Array[],
): void {
  const folder = ctx.catalog.file(folderOf(ctx));
  batch.forEach((p, i) => {
    if (p.draw < shownDraws) writeWhole(join(folder, pictureName(variant, p)), files[i]);
  });
}

/** Column of each class name in the probabilities of the judge's scorer. */
function columnsOf({ catalog }: Context, { scorer }: Judge): Map<string, number> {
  const columnOf = new Map(scorer.classIds.map((id, column) => [id, column]));
  return new Map(classesOf(catalog, scorer.datasetId).map((c) => [c.name, columnOf.get(c.id) ?? -1]));
}
