/** Owns a made-up report on what makes classes hard. Never part of the product. */
import type { HardFactorsView } from '../../shared/reports.ts';
import { classNames, scorer } from './fake-data.ts';

const levels = [0.1, 0.5, 0.9];
const factors = ['clutter', 'blur', 'occlusion', 'scale'];
const rho = (c: number, f: number) => 0.8 - 0.35 * ((c + f) % factors.length);

/** @param images ids of real images to stand beside. */
export function hardFactorsViewOf(jobId: number, images: readonly number[]): HardFactorsView {
  return {
    jobId,
    finishedAt: Date.UTC(2026, 10, 20, 9, 30 + jobId),
    report: {
      dataset: 1,
      adapter: { id: 'model:2', name: 'Difficulty of clothing-1k', hash: 'd'.repeat(64) },
      scorer: { id: 1, name: scorer.name },
      settings: { count: 40, seed: 0, steps: 30, guidanceScale: 2 },
      levels,
      pictures: classNames.map((className, c) => ({
        className,
        grid: `hard-factors/${jobId}/grid-${c}.png`,
        levels: levels.map((requested, level) => ({
          requested,
          generated: [0, 1, 2, 3].map((draw) => ({
            file: `hard-factors/${jobId}/generated-${c}-${draw}-${level}.png`,
            seed: 500 + draw,
          })),
          real: [0, 1, 2, 3].map((draw) => ({
            imageId: images[(c + 10 * (level * 4 + draw)) % images.length],
            difficulty: Math.min(1, Math.max(0, requested + 0.02 * (draw - 1))),
          })),
        })),
      })),
      factors,
      heldOutR2: { clutter: 0.71, blur: 0.64, occlusion: 0.33, scale: -0.02 },
      factorImages: 600,
      classes: classNames.map((className, c) => {
        const real = factors.map((_, f) => rho(c, f));
        const generated = factors.map((_, f) => (f === 3 ? null : rho(c + (c % 4 === 3 ? 1 : 0), f)));
        const best = (values: (number | null)[]) =>
          factors
            .map((name, f) => ({ name, value: values[f] ?? -1 }))
            .filter(({ value }) => value > 0)
            .sort((a, b) => b.value - a.value)
            .map(({ name }) => name);
        const [top = null] = best(generated);
        const topReal = best(real).slice(0, 2);
        return {
          className,
          realCount: 60,
          generatedCount: 120,
          real,
          generated,
          realRead: real.map((value) => 0.9 * value),
          top,
          topReal,
          matches: top !== null && topReal.includes(top),
        };
      }),
      matching: 8,
      matchingByChance: 5.3,
    },
  };
}

/** The jobs that have a report, newest first. */
export const hardFactorsJobs = [11];
