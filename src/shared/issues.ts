/** Owns the report on a dataset's labels and duplicates, as the engine stores it and as it is shown. */
import { z } from 'zod';
import { split } from './domain/parts.ts';

const id = z.int().positive();
const unit = z.number().min(0).max(1);

/** A person looked at the label and found it right; a tag, so that it is logged, undone and filtered like others. */
export const confirmedLabelTag = 'label confirmed';

/** What is said where no scorer can be believed; duplicates are found all the same. */
export const labelsLeftOut =
  'Labels are not checked, only duplicates: no scorer of this dataset is out of fold, and one that has seen a wrong label believes it. To check labels, score the dataset first (method out-of-fold, which takes labelled images of 2 or more classes), or name a scorer.';

/** A label that is probably wrong. */
export const labelIssue = z.object({
  imageId: id,
  path: z.string(),
  given: z.string(),
  givenClassId: id,
  suggested: z.string(),
  suggestedClassId: id,
  /** p(given). */
  selfConfidence: unit,
  /** p(suggested). */
  suggestedProbability: unit,
  /** 1 - p(given). */
  difficulty: unit,
  /** (p(given) - p(suggested) + 1) / 2; 0 worst. */
  normalisedMargin: unit,
  /** ln(p(suggested) / p(given)), in nats. */
  logOdds: z.number().min(0),
});
export type LabelIssue = z.infer<typeof labelIssue>;

/** Images that are the same file, or nearly the same picture. */
export const duplicateCluster = z.object({
  /** exact: all files have the same bytes. */
  kind: z.enum(['exact', 'near']),
  /** In more than one of train, val and test: what is measured there is not what a new image would give. */
  leaks: z.boolean(),
  labelsDiffer: z.boolean(),
  images: z
    .array(
      z.object({
        imageId: id,
        path: z.string(),
        className: z.string().nullable(),
        split: split.nullable(),
        /** Largest cosine similarity to another of the cluster. */
        similarity: unit,
      }),
    )
    .min(2),
});
export type DuplicateCluster = z.infer<typeof duplicateCluster>;

export const issuesReport = z.object({
  datasetId: id,
  /** Whose probabilities were believed; null: there was none to believe, and labels were left out. */
  scorer: z.object({ id, name: z.string(), method: z.string() }).nullable(),
  /** What the embeddings of the duplicates are of. */
  encoder: z.object({ name: z.string(), hash: z.string() }),
  /** Cosine similarity from which two images count as nearly the same. */
  similarity: unit,
  /** Real images that were looked at; where labels were, the labelled and scored ones. */
  images: z.int(),
  /** Estimated share of wrong labels. */
  noise: unit,
  /** Worst first. */
  issues: z.array(labelIssue),
  /** How many images of one class are probably of another; most first. */
  pairs: z.array(z.object({ given: z.string(), suggested: z.string(), count: z.int() })),
  /** Hard images whose label is not suspected. */
  hard: z.int(),
  /** Images whose label a person has confirmed; they are no issues. */
  confirmed: z.int(),
  /** Clusters that leak first, then those whose labels differ, then the largest. */
  duplicates: z.array(duplicateCluster),
});
export type IssuesReport = z.infer<typeof issuesReport>;

/** What a person has decided about a suspected label; open: nothing yet. */
export const checkState = z.enum(['open', 'confirmed', 'changed', 'excluded']);
export type CheckState = z.infer<typeof checkState>;

/** The newest report of a dataset, and what has been decided since. */
export const issuesView = issuesReport.extend({
  jobId: id,
  finishedAt: z.number(), // milliseconds since 1970, UTC
  issues: z.array(labelIssue.extend({ state: checkState, className: z.string().nullable() })),
  duplicates: z.array(
    duplicateCluster.extend({
      images: z.array(duplicateCluster.shape.images.element.extend({ excluded: z.boolean() })),
    }),
  ),
});
export type IssuesView = z.infer<typeof issuesView>;
