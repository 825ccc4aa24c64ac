/** Owns how the making of a synthetic image is told. */
import { Fragment } from 'react';
import type { Provenance as Facts } from '../../shared/domain/provenance.ts';
import { promptSyntaxes } from '../../shared/prompting.ts';
import { testIds } from '../test-ids.ts';
import { score } from '../ui/format.ts';

export function Provenance({ of }: { of: Facts }) {
  const rows: [string, string][] = [
    ['Recipe', of.recipe],
    ['Prompt', of.prompt],
    ...(of.firstStage
      ? [
          ['Prompt of the first steps', `${of.firstStage.prompt} (${of.firstStage.share})`] as [
            string,
            string,
          ],
        ]
      : []),
    ['Negative prompt', of.negativePrompt || 'none'],
    ...readingOf(of),
    ...(of.captionOf ? [['Caption of', of.captionOf.path] as [string, string]] : []),
    ['Class', of.className],
    ['Difficulty asked for', score(of.requestedDifficulty)],
    ...chosen(of),
    ['Seed', String(of.seed)],
    ...startOf(of),
    ['Scheduler', `${of.scheduler}, ${of.steps} steps${of.eta ? `, eta ${of.eta}` : ''}`],
    ['Guidance', `${of.guidanceScale} (${of.guidanceMode})`],
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

/** How its prompts were read, where that is not as plain text of the usual length. */
function readingOf({ promptSyntax, promptChunks, clipSkip }: Facts): [string, string][] {
  return [
    ...(promptSyntax ? [['Prompt syntax', promptSyntaxes[promptSyntax].label] as [string, string]] : []),
    ...(promptChunks ? [['Prompt length', `${promptChunks} chunks`] as [string, string]] : []),
    ...(clipSkip ? [['CLIP skip', String(clipSkip)] as [string, string]] : []),
  ];
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
