/** Recomputation in backward, run: the same gradients, in less memory. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';

interface Measured {
  loss: number;
  gradient: number[];
  peakMiB: number;
}
/** A process of its own per measurement: the peak of a process never goes down again. */
const measure = (mode: 'keep' | 'recompute'): Measured =>
  JSON.parse(
    execFileSync(process.execPath, [join(import.meta.dirname, 'checkpointing-child.ts'), mode], {
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    }),
  );

it('gives the gradients of an ordinary backward, with a lower peak of memory', () => {
  const [keep, recompute] = [measure('keep'), measure('recompute')];
  expect(recompute.loss).toBeCloseTo(keep.loss, 6);
  const largest = Math.max(...keep.gradient.map(Math.abs));
  const worst = Math.max(...keep.gradient.map((g, i) => Math.abs(g - recompute.gradient[i])));
  expect(largest).toBeGreaterThan(1e-3);
  expect(worst / largest).toBeLessThan(1e-6);
  expect(recompute.peakMiB).toBeLessThan(0.75 * keep.peakMiB);
});
