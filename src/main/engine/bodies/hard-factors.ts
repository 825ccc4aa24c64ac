/**
 * Owns showing what makes a class hard (the paper's Fig. 8): pictures from the difficulty tokens alone, the same seeds
 * at every level, beside real images of that difficulty; and, where the real images' factors are known, which of them
 * rises with difficulty in both. What comes out is data and pictures in the catalog's `hard-factors/<job>` folder.
 */
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type KnownFactors, parseFactorLines } from '../../../core/metrics/factor-lines.ts';
import {
  type FactorObservation,
  type HardFactors,
  hardFactors,
  type RealCandidate,
  realBeside,
} from '../../../core/metrics/hard-factors.ts';
import { type GroupedRidge, groupedRidgeSteps, predictGrouped } from '../../../core/metrics/ridge.ts';
import { rngFromSeed } from '../../../core/rng.ts';
import { type HardFactorsReport, hardFactorsReport } from '../../../shared/hard-factors.ts';
import { difficultyRows, imageFile } from '../../catalog/index.ts';
import { usedImages } from '../../datasets/used-images.ts';
import { pump } from '../../files/pump.ts';
import { readUserText } from '../../files/user-file.ts';
import { writeWhole } from '../../files/write-whole.ts';
import { decodeRgb } from '../../images/decode.ts';
import { encodePng } from '../../images/png.ts';
import type { JobBody, JobContext } from '../../jobs/job-context.ts';
import type { UsableImage } from '../../jobs/originals.ts';
import { tellMemory } from '../../jobs/tell-memory.ts';
import { type GenerationModel, openGenerationModel } from '../../models/diffusion/generation-model.ts';
import { openGenerator } from '../../models/diffusion/generator.ts';
import { generationLoad } from '../../models/diffusion/memory-estimate.ts';
import type { DifficultyAdapter } from '../../models/diffusion/sessions.ts';
import { openEncoder } from '../../models/open-encoder.ts';
import { featuresOf } from '../../scorers/embedding.ts';
import { scorerOfDataset } from '../../scorers/judge.ts';
import { encodePictures } from '../../scorers/judge-pictures.ts';
import { type PlannedPicture, plan } from './control/plan.ts';
import { openRecordFile } from './control/record-file.ts';
import { openSubject } from './control/subject.ts';
import { wordless } from './control/wordless.ts';

type Context = JobContext<'hard-factors'>;

/** A scored real image of any class. */
interface RealImage extends RealCandidate {
  className: string;
  image: UsableImage;
}

/** The pictures as they were made, in the order of the plan. */
interface Made {
  /** Side of the pictures in pixels. */
  size: number;
  featuresOf(picture: number): Float32Array;
}

/** What reads factors from features, learned from all images whose factors are known. */
interface FactorReader {
  known: KnownFactors;
  /** The model's groups: every class with such an image. */
  classes: readonly string[];
  model: GroupedRidge;
  observations: FactorObservation[];
}

/** Pictures of so many seeds per class are kept and shown in the grid. */
const shownDraws = 4;
/** So many real images, nearest to a level, are chosen from for each of the pictures shown there. */
const poolPerPicture = 4;
/** White pixels between the pictures of a grid, and between its halves. */
const gap = 2;
const halvesGap = 16;

export const hardFactorsBody: JobBody<'hard-factors'> = async (ctx) => {
  const { catalog, params } = ctx;
  const { entry, adapter, trained, base, levels, names, scorerId } = openSubject(ctx);
  const scorer = scorerOfDataset(catalog, params.datasetId, scorerId, 'hard-factors');
  const known = params.factors === null ? null : readFactorFile(params.factors);
  const real = await realImages(ctx, scorer.id, names);
  const reader = known && (await factorReader(ctx, known, real, names));
  const planned = plan(
    { ...params, prompt: '', negativePrompt: '', promptSyntax: 'plain' },
    names,
    trained,
    levels,
  );
  const model = openGenerationModel(base.path);
  const load = generationLoad({ ...params, ...wordless(params) }, model.size, ctx.runtime.lowMemory);
  tellMemory(ctx, model.memory(load));
  const made = await makeAndRead(ctx, model, adapter, planned);

  ctx.progress({ stage: 'drawing the grids', done: 0, total: names.length });
  const beside = [];
  for (const [at, className] of names.entries()) {
    ctx.signal.throwIfAborted();
    beside.push(await besideReal(ctx, className, planned, made, real, levels));
    ctx.progress({ done: at + 1 });
  }
  const table = reader && factorTable(planned, made, reader);
  const figures = table && {
    factors: table.names,
    heldOutR2: Object.fromEntries(table.names.map((name, f) => [name, finite(reader.model.heldOutR2[f])])),
    factorImages: reader.observations.length,
    classes: table.classes,
    matching: table.matching,
    matchingByChance: table.matchingByChance,
  };
  const report: HardFactorsReport = {
    dataset: params.datasetId,
    adapter: { id: entry.id, name: entry.name, hash: entry.hash },
    scorer: { id: scorer.id, name: scorer.name },
    settings: params,
    levels,
    pictures: beside,
    ...(figures && { penalties: reader.model.penalties, ...figures }),
  };
  const file = join('hard-factors', String(ctx.job.id), 'hard-factors.json');
  writeWhole(
    catalog.file(file),
    Buffer.from(`${JSON.stringify(hardFactorsReport.parse(report), null, 2)}\n`),
  );
  return {
    file,
    images: planned.length,
    grids: beside.map(({ className, grid }) => ({ className, grid })),
    ...figures,
  };
};

/** A line of some hundred bytes for each of a million images. */
const MAX_FACTOR_BYTES = 512 * 1024 * 1024;

function readFactorFile(file: string): KnownFactors {
  let text: string;
  try {
    text = readUserText(file, { maxBytes: MAX_FACTOR_BYTES, wanted: 'text' });
  } catch (error) {
    throw new Error(`hard-factors: ${file} cannot be read: ${(error as Error).message}`);
  }
  return parseFactorLines(text, file);
}

async function realImages(ctx: Context, scorerId: number, names: readonly string[]): Promise<RealImage[]> {
  const { catalog, params } = ctx;
  const { images: seen, vectors, dim } = await featuresOf(ctx, params.modelId, await usedImages(ctx));
  const difficultyOf = new Map(
    difficultyRows(catalog, scorerId, 'real').map((row) => [row.imageId, row.difficulty]),
  );
  const images = seen.flatMap((image, row): RealImage[] => {
    const { id: imageId, className } = image;
    const difficulty = difficultyOf.get(imageId);
    if (difficulty === undefined || className === null) return [];
    const features = vectors.subarray(row * dim, (row + 1) * dim);
    return [{ imageId, className, image, difficulty, features }];
  });
  for (const name of names)
    if (!images.some((image) => image.className === name))
      throw new Error(`hard-factors: class ${name} has no scored image; score the dataset with this scorer`);
  return images;
}

/** Before anything is generated, so that a file of another dataset is refused at once. */
async function factorReader(
  ctx: Context,
  known: KnownFactors,
  real: readonly RealImage[],
  wanted: readonly string[],
): Promise<FactorReader> {
  const file = ctx.params.factors!;
  ctx.progress({ stage: 'learning to read the factors', done: 0, total: null });
  const byFile = new Map([...known.strengths].map(([path, s]) => [resolve(dirname(file), path), s]));
  const strengthsOf = ({ imageId, image }: RealImage) =>
    known.strengths.get(image.path) ?? byFile.get(imageFile(ctx.catalog, imageId)!);
  const rows = real.filter((image) => strengthsOf(image) !== undefined);
  for (const name of wanted)
    if (!rows.some((image) => image.className === name))
      throw new Error(
        `hard-factors: ${file} has no image of class ${name}; wanted path as in the dataset, or from the file's own folder`,
      );
  const d = rows[0].features.length;
  const k = known.names.length;
  const x = new Float32Array(rows.length * d);
  const y = new Float64Array(rows.length * k);
  rows.forEach((image, i) => {
    x.set(image.features as Float32Array, i * d);
    y.set(strengthsOf(image)!, i * k);
  });
  const classes = [...new Set(rows.map((image) => image.className))];
  const groups = rows.map((image) => classes.indexOf(image.className));
  const rng = rngFromSeed(ctx.params.seed, 'factors');
  const model = await pump(groupedRidgeSteps({ x, y, groups, n: rows.length, d, k }, rng), ctx);
  known.names.forEach((name, f) => {
    if (!(model.heldOutR2[f] > 0))
      ctx.log('warn', `${name} cannot be read from the features of this encoder, and is named nowhere`);
  });
  const observations = rows.map((image, i) => ({
    className: image.className,
    difficulty: image.difficulty,
    strengths: strengthsOf(image)!,
    read: model.heldOut.subarray(i * k, (i + 1) * k),
  }));
  return { known, classes, model, observations };
}

/** Generates what is not there yet; each picture's features are of its file, as of any image of the dataset. */
async function makeAndRead(
  ctx: Context,
  model: GenerationModel,
  adapter: DifficultyAdapter,
  planned: readonly PlannedPicture[],
): Promise<Made> {
  const { params } = ctx;
  const encoder = await openEncoder(ctx.catalog, params.modelId, ctx.runtime);
  const { dim } = encoder;
  const total = planned.length;
  const file = join(ctx.jobDir, 'generated.records');
  const onDamaged = (text: string) => ctx.log('warn', text);
  const { batchSize } = params;
  const records = openRecordFile(file, { numbers: 0, features: dim }, { batchSize, total, onDamaged });
  try {
    if (records.count < total) {
      const generator = await openGenerator(model, adapter, { ...params, ...wordless(params) }, ctx.runtime);
      try {
        for (let at = records.count; at < total; at += params.batchSize) {
          ctx.signal.throwIfAborted();
          ctx.progress({ stage: 'generating from difficulty alone', done: at, total });
          const batch = planned.slice(at, at + params.batchSize);
          const pictures = await generator.generate(batch, async () => ctx.signal.throwIfAborted());
          const files = await Promise.all(
            pictures.map((rgb) => encodePng(rgb, generator.size, generator.size)),
          );
          batch.forEach((p, i) => {
            if (p.draw < shownDraws) writeWhole(pictureFile(ctx, p), files[i]);
          });
          const { features } = await encodePictures(encoder, files);
          records.append(new Float64Array(), features);
        }
      } finally {
        await generator.close();
      }
    }
    const { features } = records.readAll();
    return { size: model.size, featuresOf: (i) => features.subarray(i * dim, (i + 1) * dim) };
  } finally {
    records.close();
    await encoder.close();
  }
}

const folderOf = (ctx: Context) => join('hard-factors', String(ctx.job.id));
const pictureName = (p: PlannedPicture) => `generated-${p.classIndex}-${p.draw}-${p.level}.png`;
const pictureFile = (ctx: Context, p: PlannedPicture) =>
  ctx.catalog.file(join(folderOf(ctx), pictureName(p)));

/** The class's grid as a file, and what is in it. */
async function besideReal(
  ctx: Context,
  className: string,
  planned: readonly PlannedPicture[],
  made: Made,
  real: readonly RealImage[],
  levels: readonly number[],
) {
  const candidates = real.filter((image) => image.className === className);
  const imageOf = new Map(candidates.map(({ imageId, image }) => [imageId, image]));
  const cells = levels.map((requested, level) => {
    const at = planned.flatMap((p, i) =>
      p.className === className && p.level === level && p.draw < shownDraws ? [i] : [],
    );
    const features = at.map(made.featuresOf);
    const beside = realBeside(requested, features, candidates, poolPerPicture * at.length);
    return {
      requested,
      generated: at.map((i) => ({
        file: join(folderOf(ctx), pictureName(planned[i])),
        seed: planned[i].seed,
      })),
      real: beside.map(({ imageId, difficulty }) => ({ imageId, difficulty })),
    };
  });
  const left = cells.map((cell) => cell.generated.map(({ file }) => readFileSync(ctx.catalog.file(file))));
  const right = await Promise.all(
    cells.map((cell) =>
      Promise.all(cell.real.map(({ imageId }) => ctx.originals.read(imageOf.get(imageId)!))),
    ),
  );
  const { classIndex } = planned.find((p) => p.className === className)!;
  const grid = join(folderOf(ctx), `grid-${classIndex}.png`);
  writeWhole(ctx.catalog.file(grid), await gridOf([left, right], made.size));
  return { className, grid, levels: cells };
}

/** halves[h][column][row]: bytes of image files, each brought to size x size pixels, the halves side by side on white. */
async function gridOf(
  halves: readonly (readonly (readonly Uint8Array[])[])[],
  size: number,
): Promise<Uint8Array> {
  const columns = halves[0].length;
  const rows = halves[0][0].length;
  const pitch = size + gap;
  const halfWidth = columns * pitch - gap;
  const width = halves.length * (halfWidth + halvesGap) - halvesGap;
  const height = rows * pitch - gap;
  const pixels = new Uint8Array(width * height * 3).fill(255);
  for (const [h, half] of halves.entries())
    for (const [column, files] of half.entries())
      for (const [row, bytes] of files.entries()) {
        const picture = await decodeRgb(bytes, { width: size, height: size, fit: 'cover' });
        const left = h * (halfWidth + halvesGap) + column * pitch;
        for (let y = 0; y < size; y++)
          pixels.set(
            picture.pixels.subarray(y * size * 3, (y + 1) * size * 3),
            ((row * pitch + y) * width + left) * 3,
          );
      }
  return encodePng(pixels, width, height);
}

function factorTable(planned: readonly PlannedPicture[], made: Made, reader: FactorReader): HardFactors {
  const { known, classes, model, observations } = reader;
  const generated = planned.map((p, i) => ({
    className: p.className,
    difficulty: p.difficulty,
    strengths: predictGrouped(model, made.featuresOf(i), classes.indexOf(p.className)),
  }));
  return hardFactors(
    observations,
    generated,
    known.names,
    model.heldOutR2.map((r2) => r2 > 0),
  );
}

/** JSON has no NaN. */
const finite = (value: number) => (Number.isFinite(value) ? value : null);
