/** Owns the reading of a dataset into a report's data: the newest facts in the catalog, nothing computed twice. */
import { arch, cpus, platform, release } from 'node:os';
import { dirname, extname } from 'node:path';
import type { Pair, ReportClass, ReportData, ReportGenerated, ReportImage } from '../core/report/data.ts';
import { levelRows, levelsOf } from '../core/report/levels.ts';
import { onlyOurs, ownFault } from '../main/catalog/index.ts';
import { readUserFile } from '../main/files/user-file.ts';
import type { Dataset } from '../shared/domain/dataset.ts';
import type { DifficultySummary } from '../shared/domain/difficulty.ts';
import type { ImageSummary } from '../shared/domain/image.ts';
import { cell, count, percent } from './format.ts';
import type { Session } from './session.ts';
import { version } from './version.ts';

/** A report with more classes than this is no longer read. The hardest are kept. */
const mostClasses = 40;
/** Generated images shown per class and level. */
const mostPerCell = 4;

export interface GatherOptions {
  title: string;
  lead: string;
  /** Easiest and hardest samples per class. */
  perClass: number;
  now: Date;
}

/** What every browser shows. */
const mimes = new Map([
  ['png', 'png'],
  ['jpg', 'jpeg'],
  ['jpeg', 'jpeg'],
  ['webp', 'webp'],
]);
/** A larger original without a thumbnail is left out: reports would grow beyond reason. */
const mostBytes = 400_000;

const noPicture = 'data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=';

/** The picture as a data URI: its thumbnail, else the file itself where it is small; else an empty picture. */
function picture(session: Session, id: number): string {
  for (const file of session.pictures(id)) {
    const mime = mimes.get(extname(file).slice(1).toLowerCase());
    if (!mime) continue;
    try {
      const bytes = readUserFile(file, { maxBytes: mostBytes });
      return `data:image/${mime};base64,${bytes.toString('base64')}`;
    } catch (error) {
      if (onlyOurs(error)) throw ownFault(error, [dirname(file)]) ?? error;
      // Gone, too large, or no file any more: the next one, or none.
    }
  }
  return noPicture;
}

export function reportImage(session: Session, id: number, scorerId: number | null): ReportImage {
  const detail = session.imageDetail(id);
  const score = detail.scores.find((s) => s.scorerId === scorerId) ?? null;
  return {
    src: picture(session, id),
    difficulty: score?.difficulty ?? null,
    className: detail.className ?? 'no class',
    predicted: score?.predictedClass ?? null,
    title: detail.path,
  };
}

/** Summaries of any number of images, a thousand at a time. */
export function allImages(session: Session, ids: readonly number[]): ImageSummary[] {
  const out: ImageSummary[] = [];
  for (let i = 0; i < ids.length; i += 1000) out.push(...session.images(ids.slice(i, i + 1000)));
  return out;
}

/** Everything but `figures`, `stages` and `factors`, which only the caller may know more about. */
export function gatherReport(session: Session, dataset: Dataset, options: GatherOptions): ReportData {
  const summary = session.summary(dataset, options.perClass);
  const scorerId = summary?.scorer.id ?? null;
  const generated = gatherGenerated(session, dataset, scorerId);
  const notes: string[] = [];
  if (dataset.skipped > 0)
    notes.push(
      `${count(dataset.skipped, 'file')} of the source could not be read and ${dataset.skipped === 1 ? 'is' : 'are'} not in here.`,
    );
  if (summary && summary.classes.length > mostClasses)
    notes.push(
      `Only the ${mostClasses} classes with the highest mean difficulty of ${summary.classes.length} are shown.`,
    );
  if (!summary) notes.push('Nothing is scored yet: run crux score first for difficulties.');
  return {
    title: options.title,
    lead: options.lead,
    madeAt: `Made by Crux ${version} on ${options.now.toISOString().slice(0, 10)}.`,
    figures: figuresOf(dataset, summary, generated),
    stages: [],
    scorer: summary?.scorer ?? null,
    buckets: summary?.buckets ?? null,
    curves: summary?.curves ?? [],
    classes: summary ? classRows(session, summary) : [],
    map: gatherMap(session, dataset),
    generated,
    factors: null,
    environment: environmentOf(session, dataset),
    notes,
  };
}

function figuresOf(
  dataset: Dataset,
  summary: DifficultySummary | null,
  generated: ReportGenerated | null,
): Pair[] {
  const figures: Pair[] = [
    { label: 'real images', value: cell(dataset.images) },
    { label: 'classes', value: cell(dataset.classes.length) },
  ];
  if (summary) {
    figures.push({ label: 'scorer’s accuracy', value: percent(summary.accuracy) });
    figures.push({ label: 'mean difficulty', value: cell(summary.mean) });
  }
  if (dataset.synthetic > 0) figures.push({ label: 'generated images', value: cell(dataset.synthetic) });
  const measured = generated?.measured ?? [];
  const images = measured.reduce((sum, row) => sum + row.count, 0);
  if (images > 0) {
    const agreeing = measured.reduce((sum, row) => sum + row.agreement * row.count, 0);
    figures.push({ label: 'class agreement', value: percent(agreeing / images) });
  }
  return figures;
}

function classRows(session: Session, summary: DifficultySummary): ReportClass[] {
  const shown = [...summary.classes];
  if (shown.length > mostClasses) {
    shown.sort((a, b) => b.mean - a.mean);
    shown.length = mostClasses;
  }
  return shown.map((c) => ({
    name: c.className,
    count: c.count,
    mean: c.mean,
    median: c.median,
    accuracy: c.accuracy,
    buckets: c.buckets,
    easiest: c.easiest.map((id) => reportImage(session, id, summary.scorer.id)),
    hardest: c.hardest.map((id) => reportImage(session, id, summary.scorer.id)),
  }));
}

function gatherMap(session: Session, dataset: Dataset): ReportData['map'] {
  const map = session.projection(dataset);
  if (!map) return null;
  return {
    method: map.method === 'tsne' ? 't-SNE' : map.method.toUpperCase(),
    modelName: map.modelName,
    classNames: [...dataset.classes].sort((a, b) => a.index - b.index).map((c) => c.name),
    positions: map.positions,
    classIndex: map.classIndex,
    difficulty: map.difficulty,
    synthetic: map.synthetic,
  };
}

function gatherGenerated(
  session: Session,
  dataset: Dataset,
  scorerId: number | null,
): ReportGenerated | null {
  const made = allImages(session, session.imageIds(dataset, { origin: 'synthetic' }, 'path')).filter(
    (i) => i.requestedDifficulty !== null,
  );
  if (made.length === 0) return null;
  const agreeing = new Set(session.imageIds(dataset, { origin: 'synthetic', disagrees: false }));
  const requests = made.map((i) => i.requestedDifficulty as number);
  const { levels, levelOf } = levelsOf(requests);
  const classNames = dataset.classes.filter((c) => made.some((i) => i.classId === c.id)).map((c) => c.name);
  return {
    levels,
    rows: classNames.slice(0, mostClasses).map((className) => ({
      className,
      cells: levels.map((level) =>
        made
          .filter((i) => i.className === className && levelOf(i.requestedDifficulty as number) === level)
          .slice(0, mostPerCell)
          .map((i) => reportImage(session, i.id, scorerId)),
      ),
    })),
    measured: levelRows(
      made
        .filter((i) => i.difficulty !== null)
        .map((i) => ({
          requested: i.requestedDifficulty as number,
          measured: i.difficulty as number,
          agrees: agreeing.has(i.id),
        })),
    ),
  };
}

export function environmentOf(session: Session, dataset: Dataset): Pair[] {
  const models = new Map<string, string>();
  for (const scorer of dataset.scorers) models.set(scorer.modelName, scorer.modelHash);
  return [
    { label: 'Crux', value: version },
    { label: 'Node', value: process.version },
    { label: 'system', value: `${platform()} ${release()} ${arch()}` },
    { label: 'processor', value: `${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} cores` },
    { label: 'dataset', value: dataset.root },
    { label: 'catalog', value: session.folder },
    ...[...models]
      .filter(([, hash]) => hash)
      .map(([name, hash]) => ({ label: name, value: `sha256 ${hash}` })),
    ...generationOf(session, dataset),
  ];
}

/** How the newest generated image was made. */
function generationOf(session: Session, dataset: Dataset): Pair[] {
  const [newest] = session.imageIds(dataset, { origin: 'synthetic' }, 'newest');
  const made = newest === undefined ? null : session.imageDetail(newest).provenance;
  if (!made) return [];
  const value = `${made.recipe}; ${made.scheduler}, ${made.steps} steps, guidance ${made.guidanceScale} (${made.guidanceMode}), on ${made.provider}`;
  return [
    { label: 'generation', value },
    ...Object.entries(made.models).map(([role, hash]) => ({
      label: `generation: ${role}`,
      value: `sha256 ${hash}`,
    })),
  ];
}
