/** Owns one suspected label in full: the picture, both classes with typical images, and what can be done. */
import { Button, Select } from '@mantine/core';
import type { ReactNode } from 'react';
import { imageUrl } from '../../shared/contract.ts';
import type { Dataset } from '../../shared/domain/dataset.ts';
import type { IssuesView } from '../../shared/issues.ts';
import { useRequest } from '../queries.ts';
import { testIds } from '../test-ids.ts';
import { Icon } from '../ui/icons.tsx';
import { manyOptions } from '../ui/many.tsx';
import { Thumb } from '../ui/picture.tsx';
import { type ShownIssue, times, words } from './issue-words.ts';
import { keyedClasses } from './keys.ts';

/** As many as the Difficulty screen asks for: one answer serves both. */
const perClass = 10;
const typicalShown = 4;

interface Props {
  dataset: Dataset;
  view: IssuesView;
  issue: ShownIssue;
  place: string;
  actions: {
    keep: () => void;
    change: (classId: number | 'suggested') => void;
    exclude: () => void;
    undo: () => void;
  };
}

export function IssueDetail({ dataset, view, issue, place, actions }: Props) {
  const { data: summary } = useRequest('difficulty.summary', {
    datasetId: dataset.id,
    scorerId: view.scorer?.id,
    perClass,
  });
  const typical = (classId: number) =>
    summary?.classes
      .find((one) => one.classId === classId)
      ?.easiest.filter((id) => id !== issue.imageId)
      .slice(0, typicalShown) ?? [];
  return (
    <section className="issue-detail" aria-label="This image">
      <div className="review-picture">
        <img
          src={imageUrl(issue.imageId)}
          alt={issue.given}
          data-testid={testIds.issueImage}
          data-image-id={issue.imageId}
        />
      </div>
      <div className="issue-verdict" role="status" data-testid={testIds.issueState} data-state={issue.state}>
        {issue.state === 'open' ? (
          <>
            The scorer finds <b>{issue.suggested}</b> {times(issue.logOdds)} as likely as <b>{issue.given}</b>
            .
          </>
        ) : (
          <span style={{ color: issue.state === 'excluded' ? 'var(--danger)' : 'var(--ok)' }}>
            {capital(words(issue))}
          </span>
        )}
        <span className="muted num"> · {place}</span>
      </div>
      <div className="issue-classes">
        <ClassCard
          title="labelled"
          name={issue.given}
          probability={issue.selfConfidence}
          typical={typical(issue.givenClassId)}
        >
          <Button
            fullWidth
            leftSection={<Icon name="accept" />}
            rightSection={<kbd>K</kbd>}
            data-testid={testIds.issueKeep}
            onClick={actions.keep}
          >
            Keep {issue.given}
          </Button>
        </ClassCard>
        <ClassCard
          title="looks like"
          name={issue.suggested}
          probability={issue.suggestedProbability}
          typical={typical(issue.suggestedClassId)}
        >
          <Button
            fullWidth
            variant="filled"
            leftSection={<Icon name="tag" />}
            rightSection={<kbd>C</kbd>}
            data-testid={testIds.issueChange}
            onClick={() => actions.change('suggested')}
          >
            Change to {issue.suggested}
          </Button>
        </ClassCard>
      </div>
      <div className="row wrap" style={{ justifyContent: 'center' }}>
        <Select
          w={230}
          aria-label="Another class"
          placeholder="Another class (or its digit)"
          {...manyOptions}
          data={dataset.classes.map(({ id, name }, i) => ({
            value: String(id),
            label: i < keyedClasses ? `${(i + 1) % 10}  ${name}` : name,
          }))}
          value={null}
          onChange={(value) => value && actions.change(Number(value))}
        />
        <Button
          leftSection={<Icon name="reject" />}
          rightSection={<kbd>X</kbd>}
          data-testid={testIds.issueExclude}
          title="Leave this image out of exports and of later searches. Your file stays where it is."
          onClick={actions.exclude}
        >
          Exclude the image
        </Button>
        <Button
          leftSection={<Icon name="undo" />}
          rightSection={<kbd>Z</kbd>}
          data-testid={testIds.issueUndo}
          onClick={actions.undo}
        >
          Undo
        </Button>
      </div>
      <p className="muted small ellipsis selectable" style={{ textAlign: 'center' }}>
        {issue.path}
      </p>
    </section>
  );
}

function ClassCard({
  title,
  name,
  probability,
  typical,
  children,
}: {
  title: string;
  name: string;
  probability: number;
  typical: readonly number[];
  children: ReactNode;
}) {
  return (
    <div className="panel issue-class">
      <div className="row">
        <span className="muted small">{title}</span>
        <b className="ellipsis">{name}</b>
        <span className="spacer" />
        <span className="num" title="The scorer's probability for this class">
          {percentOf(probability)}
        </span>
      </div>
      <span className="bar-track wide" style={{ display: 'block' }}>
        <span className="bar-fill" style={{ display: 'block', width: `${100 * probability}%` }} />
      </span>
      <div className="issue-typical">
        {typical.map((id) => (
          <span key={id} className="issue-thumb" title={`A typical ${name}`}>
            <Thumb id={id} alt={`A typical ${name}`} />
          </span>
        ))}
      </div>
      {children}
    </div>
  );
}

const percentOf = (p: number) =>
  p > 0 && p < 0.0001 ? 'under 0.01 %' : `${(100 * p).toFixed(p < 0.01 ? 2 : 0)} %`;

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
