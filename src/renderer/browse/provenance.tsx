/** Owns how the making of a synthetic image is told. */
import { Fragment } from 'react';
import type { Provenance as Facts } from '../../shared/domain/provenance.ts';
import { generateParams } from '../../shared/jobs/generate.ts';
import { recordedRows } from '../../shared/recorded.ts';
import { testIds } from '../test-ids.ts';
import { score } from '../ui/format.ts';

export function Provenance({ of }: { of: Facts }) {
  const recorded = recordedRows(generateParams, of);
  /** Under the labels of their parameters; each is told once. */
  const take = (...names: string[]): [string, string][] =>
    names.flatMap((name) => {
      const row = recorded.get(name);
      recorded.delete(name);
      return row ? [row] : [];
    });
  const rows: [string, string][] = [
    ['Recipe', of.recipe],
    ...take('prompt'),
    ...firstStageOf(of),
    ...take('negativePrompt', 'promptSyntax'),
    ...(of.promptChunks ? [['Prompt length', `${of.promptChunks} chunks`] as [string, string]] : []),
    ...take('clipSkip'),
    ...(of.captionOf ? [['Caption of', of.captionOf.path] as [string, string]] : []),
    ['Class', of.className],
    ['Requested difficulty', score(of.requestedDifficulty)],
    ...chosen(of),
    ...take('seed'),
    ...startOf(of),
    ...recorded.values(),
    ['Computed on', of.provider],
    ['Made by', of.createdBy],
    ...Object.entries(of.models).map(([role, hash]): [string, string] => [role, hash]),
  ];
  return (
    <div data-testid={testIds.provenance}>
      <h3>Provenance</h3>
      <dl className="facts-list num">
        {rows.map(([term, value]) => (
          <Fragment key={term}>
            <dt>{term}</dt>
            <dd className={/^[0-9a-f]{32,}$/.test(value) ? 'mono ellipsis' : undefined} title={value}>
              {value}
            </dd>
          </Fragment>
        ))}
      </dl>
    </div>
  );
}

function firstStageOf({ firstStage }: Facts): [string, string][] {
  return firstStage ? [['First-stage prompt', `${firstStage.prompt} (${firstStage.share})`]] : [];
}

/** Where it was kept by what a scorer said of it. */
function chosen({ selection }: Facts): [string, string][] {
  if (!selection) return [];
  const { measured, scorer, agrees, candidate, candidates, accepted } = selection;
  return [
    ['Measured when made', `${score(measured)} by ${scorer}, which saw ${agrees ? 'this' : 'another'} class`],
    [
      'Candidate',
      `${candidate} of ${candidates}, ${accepted ? 'as wanted' : 'the nearest to what was wanted'}`,
    ],
  ];
}

/** What it was made from, where that is not noise. */
function startOf({ start }: Facts): [string, string][] {
  if (!start) return [];
  if (start.kind === 'image') {
    return [
      ['Made from', start.source.path],
      ['Strength', String(start.strength)],
    ];
  }
  return [
    ['Made from', `${start.source.path} and ${start.partner.path}`],
    ['Place on the circle', `${start.lambda.toFixed(3)} (0 the first, -1 the second)`],
    ['Inversion', `${start.inversionSteps} steps`],
  ];
}
