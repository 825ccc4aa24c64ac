/** Owns the screen of what is wrong with a dataset: suspected labels, duplicates, and how to find them. */
import './issues.css';
import { Button, SegmentedControl } from '@mantine/core';
import { useState } from 'react';
import type { Dataset } from '../../shared/domain/dataset.ts';
import { type IssuesView, labelsLeftOut } from '../../shared/issues.ts';
import { useDataset, useRequest } from '../queries.ts';
import { testIds } from '../test-ids.ts';
import { EmptyState, ErrorPanel, NoDataset, useEnqueue } from '../ui/feedback.tsx';
import { count, when } from '../ui/format.ts';
import { JobLine, useActiveJob } from '../ui/job-progress.tsx';
import { Duplicates } from './duplicates.tsx';
import { IssuesForm } from './issues-form.tsx';
import { LabelIssues } from './label-issues.tsx';

export function IssuesScreen() {
  const dataset = useDataset();
  return dataset ? <Issues key={dataset.id} dataset={dataset} /> : <NoDataset />;
}

type Tab = 'labels' | 'duplicates';

function Issues({ dataset }: { dataset: Dataset }) {
  const [chosenTab, setTab] = useState<Tab | null>(null);
  const [setting, setSetting] = useState(false);
  const { data: view, error, isPending } = useRequest('issues.get', { datasetId: dataset.id });
  const scoring = useActiveJob('score', dataset.id);
  const searching = useActiveJob('issues', dataset.id);
  const job = scoring ?? searching;
  const enqueue = useEnqueue();
  const scored = dataset.scorers.some(({ method }) => method === 'out-of-fold');
  // A scorer tells classes apart.
  const scorable = dataset.classes.length > 1;
  const tab = chosenTab ?? (view && !view.scorer ? 'duplicates' : 'labels');
  const search = async () =>
    void (await enqueue('The search', { kind: 'issues', params: { datasetId: dataset.id } }));
  const scoreAndSearch = async () => {
    if (await enqueue('Scoring', { kind: 'score', params: { datasetId: dataset.id } })) await search();
  };
  const toLabels = scored ? (
    <Button variant="filled" data-testid={testIds.issuesSearch} onClick={() => void search()}>
      Look for label issues
    </Button>
  ) : (
    scorable && (
      <Button variant="filled" data-testid={testIds.issuesSearch} onClick={() => void scoreAndSearch()}>
        Score it, then look
      </Button>
    )
  );

  return (
    <div className="screen">
      <div className="toolbar">
        <span className="toolbar-title">Label issues</span>
        {view && (
          <SegmentedControl
            aria-label="Labels or duplicates"
            data-testid={testIds.issuesTab}
            data={[
              { value: 'labels', label: `Labels · ${view.scorer ? count(openIssues(view)) : 'not checked'}` },
              { value: 'duplicates', label: `Duplicates · ${count(openClusters(view))}` },
            ]}
            value={tab}
            onChange={(value) => setTab(value as Tab)}
          />
        )}
        <div className="spacer" />
        {view && <span className="muted small">searched {when(view.finishedAt)}</span>}
        {!job && (
          <Button
            variant="subtle"
            aria-expanded={setting}
            data-testid={testIds.issuesSettings}
            onClick={() => setSetting(!setting)}
          >
            Settings
          </Button>
        )}
        {(view || error) && (
          <Button
            disabled={job !== undefined}
            data-testid={testIds.issuesSearch}
            onClick={() => void search()}
          >
            Search again
          </Button>
        )}
      </div>
      {error && <ErrorPanel what="The label issues cannot be shown" error={error} />}
      {setting && !job && (
        <div className="notice" style={{ margin: 12 }}>
          <div>
            <IssuesForm dataset={dataset} onStarted={() => setSetting(false)} />
          </div>
        </div>
      )}
      {job && (
        <div className="notice" style={{ margin: 12 }}>
          <div>
            <JobLine job={job} />
          </div>
        </div>
      )}
      {!view && !isPending && !error && !job && (
        <EmptyState
          icon="issues"
          title={scored || !scorable ? 'Nobody has looked for wrong labels yet' : 'Score this dataset first'}
          actions={
            <>
              {toLabels}
              {!scored && (
                <Button
                  variant={scorable ? undefined : 'filled'}
                  data-testid={testIds.issuesDuplicates}
                  onClick={() => void search()}
                >
                  Look for duplicates only
                </Button>
              )}
            </>
          }
        >
          {!scored &&
            'To doubt a label, the program needs the opinion of a scorer that has not learned from that very image (an out-of-fold probe). '}
          {!scored &&
            (scorable
              ? 'Duplicates are found without one. '
              : 'That takes labelled images of two classes or more; duplicates are found without. ')}
          You get a list of images whose label is probably wrong, with the class that they look like, and of
          images that are there more than once. It takes seconds to minutes. Nothing is changed until you
          decide, and your files are never touched.
        </EmptyState>
      )}
      {view && tab === 'labels' && !view.scorer && (
        <EmptyState icon="issues" title="Labels were not checked" actions={toLabels}>
          {labelsLeftOut}
        </EmptyState>
      )}
      {view?.scorer && tab === 'labels' && <LabelIssues key={view.jobId} dataset={dataset} view={view} />}
      {view && tab === 'duplicates' && <Duplicates key={view.jobId} dataset={dataset} view={view} />}
    </div>
  );
}

const openIssues = (view: IssuesView) => view.issues.filter(({ state }) => state === 'open').length;
const openClusters = (view: IssuesView) =>
  view.duplicates.filter(({ images }) => images.filter(({ excluded }) => !excluded).length > 1).length;
