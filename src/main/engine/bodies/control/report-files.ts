/** Owns the files of a control report: the data, one line per image, the charts, and the page for people. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { controlCharts, renderControlPage } from '../../../../core/report/control-page.ts';
import { svgFile } from '../../../../core/report/style.ts';
import {
  type ControlReport,
  type ControlSampleLine,
  type ControlVariant,
  controlReport,
} from '../../../../shared/control.ts';
import { createdBy } from '../../../files/version.ts';
import { writeWhole } from '../../../files/write-whole.ts';
import { decodeRgb, probeImage } from '../../../images/decode.ts';
import { encodePng } from '../../../images/png.ts';
import type { JobContext } from '../../../jobs/job-context.ts';
import { folderOf, type Measured } from './measure.ts';

export const fileNames = { samples: 'samples.jsonl', page: 'control.html' } as const;

/** On the page pictures are shown at 72 pixels; this is sharp on a dense screen. */
const pageSide = 144;
/** Of data sets with more classes the page shows pictures of the first so many. */
const classesOnPage = 20;

/** The report itself comes last: where it is, the rest is too. @returns it as written, with its charts. */
export async function writeReport(
  ctx: JobContext<'control'>,
  report: ControlReport,
  measured: Partial<Record<ControlVariant, Measured>>,
): Promise<ControlReport> {
  const write = (name: string, text: string) =>
    writeWhole(ctx.catalog.file(join(folderOf(ctx), name)), Buffer.from(text));
  const charts = controlCharts(report);
  const files = { ...report.files, charts: charts.map(({ title, file }) => ({ title, file })) };
  const checked = controlReport.parse({ ...report, files });
  write(fileNames.samples, sampleLines(measured));
  for (const { file, svg } of charts) write(file, svgFile(svg));
  const madeAt = `Made by ${createdBy} on ${new Date().toISOString().slice(0, 10)}.`;
  write(fileNames.page, renderControlPage(checked, charts, await pagePictures(ctx, checked), madeAt));
  write('control.json', `${JSON.stringify(checked)}\n`);
  return checked;
}

/** data: URIs by file name, small enough for a page. */
async function pagePictures(
  ctx: JobContext<'control'>,
  { pictures, classes }: ControlReport,
): Promise<Map<string, string>> {
  const shown = new Set(classes.slice(0, classesOnPage));
  const sources = new Map<string, string>();
  for (const { file, className } of pictures) {
    if (!shown.has(className)) continue;
    ctx.signal.throwIfAborted();
    const path = ctx.catalog.file(join(folderOf(ctx), file));
    const { width, height } = await probeImage(path);
    const small = Math.max(width, height) <= pageSide ? readFileSync(path) : await shrunk(path);
    sources.set(file, `data:image/png;base64,${Buffer.from(small).toString('base64')}`);
  }
  return sources;
}

async function shrunk(file: string): Promise<Uint8Array> {
  const { pixels, width, height } = await decodeRgb(readFileSync(file), {
    width: pageSide,
    height: pageSide,
    fit: 'inside',
  });
  return encodePng(pixels, width, height);
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
