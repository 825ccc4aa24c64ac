/** Owns the demo's report: the dataset's report with the ground-truth check, the stages and honest notes. */
import { join, relative, sep } from 'node:path';
import { type FactorSample, factorCorrelations } from '../../core/report/factors.ts';
import { renderReport } from '../../core/report/report.ts';
import { classDominantFactors } from '../../core/scenes/scenes.ts';
import { allImages, gatherReport } from '../gather.ts';
import type { Session } from '../session.ts';
import { writeTold } from '../write-told.ts';
import { readFactors } from './dataset.ts';
import { datasetName } from './stages.ts';
import type { DemoState } from './state.ts';

export function writeDemoReport(
  session: Session,
  folder: string,
  state: DemoState,
): { path: string; figures: Record<string, number | null> } {
  const dataset = session.dataset(datasetName);
  const data = gatherReport(session, dataset, {
    title: 'Crux demo',
    lead: `${dataset.images} drawn scenes of ${dataset.classes.length} classes went through the whole loop on this machine: scored, mapped, learned, generated at a chosen difficulty, measured again, reviewed and exported.`,
    perClass: 6,
    now: new Date(),
  });
  const summary = session.summary(dataset, 1);
  const accepted = session.imageIds(dataset, { origin: 'synthetic', decision: 'accept' }).length;
  data.figures.push({ label: 'accepted for export', value: String(accepted) });
  data.stages = state.stages;
  const { samples, names } = factorSamples(session, folder);
  data.factors = samples.length > 0 ? factorCorrelations(samples, names, dominantFactors) : null;
  data.notes.push(
    'The scenes are drawn by a program. They show that every part of the loop works and can be checked against known truth; they say nothing about how well it works on photographs.',
    'The built-in diffusion model is tiny (64x64 pixels, a few million weights) and was fine-tuned for a minute or two. A real Stable Diffusion checkpoint makes far better pictures.',
    'Measured difficulty of a generated image depends on the scorer as much as on the image: a broken picture counts as hard, too. That is what review is for; here a rule (the class must agree) stood in for a person.',
    'With few images per level and class, means differ by chance: read the trend over the levels, not single cells.',
  );
  const path = join(folder, 'report.html');
  writeTold(path, renderReport(data));
  const measured = data.generated?.measured ?? [];
  const made = measured.reduce((n, r) => n + r.count, 0);
  const all = data.factors?.mean[data.factors.mean.length - 1] ?? null;
  return {
    path,
    figures: {
      images: dataset.images,
      classes: dataset.classes.length,
      accuracy: summary?.accuracy ?? null,
      meanDifficulty: summary?.mean ?? null,
      generated: made,
      agreement: made > 0 ? measured.reduce((n, r) => n + r.agreement * r.count, 0) / made : null,
      accepted,
      ...Object.fromEntries(measured.map((r) => [`measuredAt${r.requested}`, r.mean])),
      factorCorrelation: all,
    },
  };
}

/** "lowLight" -> "low light". */
const words = (name: string) => name.replace(/[A-Z]/g, (c) => ` ${c.toLowerCase()}`);

const dominantFactors = new Map(
  Object.entries(classDominantFactors).map(([className, factors]) => [className, factors.map(words)]),
);

/** Real scored images with the strengths that were drawn, by their path in the dataset. */
function factorSamples(session: Session, folder: string): { samples: FactorSample[]; names: string[] } {
  const root = join(folder, 'dataset');
  const truth = readFactors(root);
  const names = Object.keys(truth.values().next().value?.factors ?? {});
  const dataset = session.dataset(datasetName);
  const samples: FactorSample[] = [];
  for (const image of allImages(session, session.imageIds(dataset, { origin: 'real' }))) {
    const path = image.path.startsWith(root) ? relative(root, image.path) : image.path;
    const row = truth.get(path.split(sep).join('/'));
    if (row && image.difficulty !== null && image.className !== null)
      samples.push({
        className: image.className,
        difficulty: image.difficulty,
        strengths: names.map((name) => row.factors[name]),
      });
  }
  return { samples, names: names.map(words) };
}
