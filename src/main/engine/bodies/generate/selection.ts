/**
 * Owns keeping generated pictures by what a scorer says of them: the verdicts, how many candidates each class needed,
 * and the state from which a stopped job goes on.
 */
import { type KeepRule, keepsEverything, missOf, type Verdict } from '../../../../core/recipes/acceptance.ts';
import type { Judged, QueueState, Settled } from '../../../../core/recipes/candidates.ts';
import type { StartingPoint } from '../../../../shared/domain/provenance.ts';
import type { ClassAcceptance } from '../../../../shared/jobs/generate.ts';
import type { JobParams } from '../../../../shared/jobs/index.ts';
import { currentScorerId, type StoredScorer } from '../../../catalog/index.ts';
import type { JobContext } from '../../../jobs/job-context.ts';
import { openJudge, scorerFor } from '../../../scorers/judge.ts';
import { judgePictures, verdictOf } from '../../../scorers/judge-pictures.ts';
import type { PlannedPicture } from './generation-plan.ts';

type Context = JobContext<'generate'>;

/** A candidate as it was made. */
export interface MadePicture {
  seed: number;
  start?: StartingPoint;
  /** PNG without its provenance. */
  file: Uint8Array;
  /** null: nothing is measured while pictures are made. */
  verdict: (Verdict & { probabilities: Float32Array }) | null; // f32[k] in the scorer's order of classes
}

export interface Selection {
  scorer: StoredScorer;
  /** Where a stopped job was; undefined at its beginning. */
  restored: QueueState<MadePicture> | undefined;
  /** One verdict for each candidate, in order. */
  judge(candidates: readonly PlannedPicture[], made: readonly MadePicture[]): Promise<Judged<MadePicture>[]>;
  /** Counts a settled picture; warns where it is its class's first without an acceptable candidate. */
  count(picture: PlannedPicture, settled: Settled<MadePicture>): void;
  /** After what is settled was stored. */
  save(queue: QueueState<MadePicture>): void;
  /** In the order in which classes began. */
  classes(): ClassAcceptance[];
  close(): Promise<void>;
}

export const ruleOf = (params: JobParams<'generate'>): KeepRule => ({
  within: params.keepWithin,
  min: params.keepMin,
  max: params.keepMax,
  agreeing: params.keepAgreeing,
});

interface SavedState {
  /** The one that the job began with, whichever is current by now. */
  scorerId: number;
  queue: QueueState<MadePicture>;
  tally: Map<string, ClassAcceptance>;
}

/** The checkpoint's, beside the job's main one. */
const stateName = 'selection';
const lostWords = 'the counts of candidates begin again';

/**
 * null: every picture is kept, and nothing needs measuring. The caller closes it.
 * @throws where the scorer cannot measure new images, or does not know a class.
 */
export async function openSelection(
  ctx: Context,
  planned: readonly PlannedPicture[],
  knowsDifficulty: boolean,
): Promise<Selection | null> {
  const { catalog, params } = ctx;
  const rule = ruleOf(params);
  if (keepsEverything(rule)) return null;
  if (rule.min > rule.max)
    throw new Error(`kept difficulties from ${rule.min} to ${rule.max}: wanted the lower one first`);
  if (rule.within !== null && !knowsDifficulty)
    throw new Error(
      'a base model alone is asked for no difficulty, so nothing can be near it; keep by a range of measured difficulty',
    );
  const saved = ctx.readCheckpoint<SavedState>({ name: stateName, apart: lostWords });
  const scorerId = saved?.scorerId ?? params.scorerId ?? currentScorerId(catalog, params.datasetId);
  if (scorerId === null)
    throw new Error('pictures are kept by what a scorer says of them; score the dataset first');
  const scorer = scorerFor(catalog, params.datasetId, scorerId, 'generate');
  const columns = columnsOf(scorer, planned);
  const judge = await openJudge(catalog, scorer, ctx.runtime);
  const tally = saved?.tally ?? new Map<string, ClassAcceptance>();
  const k = scorer.classIds.length;

  return {
    scorer,
    restored: saved?.queue,
    async judge(candidates, made) {
      const { probabilities: all } = await judgePictures(
        judge,
        made.map((picture) => picture.file),
      );
      return candidates.map(({ classId, difficulty }, i) => {
        const probabilities = all.slice(i * k, (i + 1) * k);
        const verdict = { ...verdictOf(probabilities, columns.get(classId)!), probabilities };
        return { miss: missOf(rule, difficulty, verdict), made: { ...made[i], verdict } };
      });
    },
    count({ className }, { attempts, accepted }) {
      const own = tally.get(className) ?? { className, candidates: 0, accepted: 0, atLimit: 0 };
      tally.set(className, own);
      own.candidates += attempts;
      if (accepted) own.accepted++;
      else if (own.atLimit++ === 0) ctx.log('warn', limitWords(params, className));
    },
    save: (queue) => ctx.writeCheckpoint<SavedState>({ scorerId, queue, tally }, stateName),
    classes: () => [...tally.values()],
    close: () => judge.close(),
  };
}

const limitWords = ({ attempts, atLimit }: JobParams<'generate'>, className: string): string =>
  `class ${className}: none of ${attempts} candidates of a picture was as wanted; ${
    atLimit === 'best' ? 'the nearest is taken' : 'the picture is left out'
  }. Allow more candidates or a wider range, or see in the control report which difficulties this model reaches`;

/** Column of each class id in the scorer's probabilities. */
function columnsOf(scorer: StoredScorer, planned: readonly PlannedPicture[]): Map<number, number> {
  const columns = new Map(scorer.classIds.map((id, column) => [id, column]));
  const unknown = planned.find((p) => !columns.has(p.classId));
  if (unknown)
    throw new Error(
      `scorer ${scorer.name} does not know class ${unknown.className}, so it cannot choose its pictures; score the dataset again`,
    );
  return columns;
}
