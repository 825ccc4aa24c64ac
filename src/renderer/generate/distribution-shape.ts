/** Owns the shape of the requested difficulties, for drawing (relative to its own peak) and in words. */
import type { JobParams } from '../../shared/jobs/index.ts';

type GenerateInput = JobParams<'generate'>;

export type Shape =
  | { kind: 'curve'; points: [number, number][] }
  /** Heights of equally wide bins from 0 to 1. */
  | { kind: 'bars'; heights: number[] }
  | { kind: 'line'; at: number };

const points = 96;

/** y in [0,1] of the density relative to its peak at mu. */
export function normalCurve(mu: number, sigma: number): [number, number][] {
  const at = (x: number) => Math.exp(-0.5 * ((x - mu) / sigma) ** 2);
  return Array.from({ length: points + 1 }, (_, i) => [i / points, at(i / points)]);
}

export function heightsOf(counts: readonly number[]): number[] {
  const peak = Math.max(0, ...counts);
  return counts.map((count) => (peak > 0 ? count / peak : 0));
}

/** @param real counts of the training images, where they are known. @returns null where nothing can be drawn. */
export function shapeOf(params: GenerateInput, real: readonly number[] | null): Shape | null {
  const { distribution, mu, sigma, low, high, bins } = params;
  const inside = (value: number) => value >= 0 && value <= 1;
  switch (distribution) {
    case 'fixed':
      return inside(mu) ? { kind: 'line', at: mu } : null;
    case 'normal':
      if (!inside(mu) || !(sigma >= 0)) return null;
      return sigma === 0 ? { kind: 'line', at: mu } : { kind: 'curve', points: normalCurve(mu, sigma) };
    case 'uniform': {
      if (!inside(low) || !inside(high) || low > high) return null;
      if (low === high) return { kind: 'line', at: low };
      return {
        kind: 'curve',
        points: [
          [low, 0],
          [low, 1],
          [high, 1],
          [high, 0],
        ],
      };
    }
    case 'bins':
      return bins.some((count) => count > 0) ? { kind: 'bars', heights: heightsOf(bins) } : null;
    default:
      return real ? { kind: 'bars', heights: heightsOf(real) } : null;
  }
}

const two = (value: number) => value.toFixed(2);

/** "around 0.50 ± 0.10", "0.30 to 0.70 evenly", "as the real images". */
export function wordsOf({ distribution, mu, sigma, low, high }: GenerateInput): string {
  switch (distribution) {
    case 'normal':
      return sigma === 0 ? `exactly ${two(mu)}` : `around ${two(mu)} ± ${two(sigma)}`;
    case 'fixed':
      return `exactly ${two(mu)}`;
    case 'uniform':
      return `${two(low)} to ${two(high)} evenly`;
    case 'real':
      return 'as the real images';
    case 'real-class':
      return 'as the real images of each class';
    case 'bins':
      return 'as your histogram';
  }
}
