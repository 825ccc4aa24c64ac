/** Owns the files of a control report: the data, one line per image, and the page for people. */
import { join } from 'node:path';
import { renderControlPage } from '../../../core/report/control-page.ts';
import {
  type ControlReport,
  type ControlSampleLine,
  type ControlVariant,
  controlReport,
} from '../../../shared/control.ts';
import type { JobContext } from '../job-context.ts';
import { writeWhole } from '../write-whole.ts';
import { folderOf, type Measured } from './measure.ts';

export const fileNames = { samples: 'samples.jsonl', page: 'control.html' } as const;

/** The report itself comes last: where it is, the rest is too. */
export async function writeReport(
  ctx: JobContext<'control'>,
  report: ControlReport,
  measured: Partial<Record<ControlVariant, Measured>>,
): Promise<void> {
  const checked = controlReport.parse(report);
  const write = (name: string, text: string) =>
    writeWhole(ctx.catalog.file(join(folderOf(ctx), name)), Buffer.from(text));
  write(fileNames.samples, sampleLines(measured));
  write(fileNames.page, renderControlPage(checked));
  write('control.json', `${JSON.stringify(checked)}\n`);
}

function sampleLines(measured: Partial<Record<ControlVariant, Measured>>): string {
  const lines = Object.entries(measured).flatMap(([variant, { pictures, samples }]) =>
    pictures.map((p, i): ControlSampleLine => {
      const seen = (sample: { measured: number; agrees: boolean }) => ({
        measured: sample.measured,
        agrees: sample.agrees,
      });
      return {
        variant: variant as ControlVariant,
        className: p.className,
        seed: p.seed,
        draw: p.draw,
        requested: variant === 'controlled' ? p.difficulty : null,
        trainingScorer: seen(samples.trainingScorer![i]),
        ...(samples.heldOutScorer && { heldOutScorer: seen(samples.heldOutScorer[i]) }),
      };
    }),
  );
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}
