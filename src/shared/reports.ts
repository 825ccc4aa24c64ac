/** Owns how the finished reports of a dataset are listed, and how one is handed to the window. */
import { z } from 'zod';
import { type ControlReport, controlReport } from './control.ts';
import { factorsOf, type HardFactorsReport, hardFactorsReport } from './hard-factors.ts';

const finished = z.object({
  jobId: z.int().positive(),
  finishedAt: z.number() /* milliseconds since 1970, UTC */,
});

/** `report`: its headline; null where the file cannot be read any more, and `problem` says why. */
const listing = <T extends z.ZodType>(headline: T) =>
  finished.extend({ report: headline.nullable(), problem: z.string().nullable() });

export const controlHeadline = controlReport
  .pick({ adapter: true, spearman: true, agreementAtLow: true, easyShare: true, rises: true })
  .extend({ images: z.int(), scorers: z.array(z.string()) });
export const controlListing = listing(controlHeadline);
export type ControlListing = z.infer<typeof controlListing>;
export const controlView = finished.extend({ report: controlReport });
export type ControlView = z.infer<typeof controlView>;

export function headlineOfControl(report: ControlReport): z.infer<typeof controlHeadline> {
  const { adapter, spearman, agreementAtLow, easyShare, rises, figures, scorers } = report;
  const { trainingScorer, heldOutScorer } = scorers;
  return {
    ...{ adapter, spearman, agreementAtLow, easyShare, rises },
    images: figures.trainingScorer.count,
    scorers: [trainingScorer.name, ...(heldOutScorer ? [heldOutScorer.name] : [])],
  };
}

export const hardFactorsHeadline = hardFactorsReport.pick({ adapter: true }).extend({
  classes: z.int(),
  /** Of the classes, and of how many by chance, the top factor is one of real images; null: no factors were given. */
  matching: z.object({ classes: z.int(), byChance: z.number() }).nullable(),
});
export const hardFactorsListing = listing(hardFactorsHeadline);
export type HardFactorsListing = z.infer<typeof hardFactorsListing>;
export const hardFactorsView = finished.extend({ report: hardFactorsReport });
export type HardFactorsView = z.infer<typeof hardFactorsView>;

export function headlineOfHardFactors(report: HardFactorsReport): z.infer<typeof hardFactorsHeadline> {
  const factors = factorsOf(report);
  return {
    adapter: report.adapter,
    classes: report.pictures.length,
    matching: factors && { classes: factors.matching, byChance: factors.matchingByChance },
  };
}
