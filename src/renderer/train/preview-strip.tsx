/** Owns the pictures that a training makes of itself: one block per step, a row per class, easy to hard. */
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { jobPictureUrl } from '../../shared/contract.ts';
import { previewFile, type TrainingPreviews } from '../../shared/training-previews.ts';
import { listen } from '../api.ts';
import { useRequest } from '../queries.ts';
import { testIds } from '../test-ids.ts';
import { ErrorPanel } from '../ui/feedback.tsx';
import { count } from '../ui/format.ts';

/** @param expected whether this training is still to make pictures. */
export function PreviewStrip({ jobId, expected }: { jobId: number; expected: boolean }) {
  const { data: previews, error } = useRequest('jobs.previews', { jobId });
  const client = useQueryClient();
  useEffect(
    () =>
      listen('training.preview', (event) => {
        if (event.jobId === jobId) void client.invalidateQueries({ queryKey: ['jobs.previews', { jobId }] });
      }),
    [client, jobId],
  );
  if (error) return <ErrorPanel what="The pictures cannot be listed" error={error} />;
  return (
    <div
      className="train-previews"
      data-testid={testIds.trainPreviews}
      data-steps={previews?.steps.length ?? 0}
    >
      <div className="small">
        What it makes{' '}
        <span className="muted">from the same seeds at every step, left to right from easy to hard</span>
      </div>
      {previews ? <Strip jobId={jobId} previews={previews} /> : <None expected={expected} />}
    </div>
  );
}

const None = ({ expected }: { expected: boolean }) => (
  <div className="train-nothing muted small">
    {expected ? 'The first pictures come after some steps.' : 'This training made no pictures of itself.'}
  </div>
);

function Strip({ jobId, previews }: { jobId: number; previews: TrainingPreviews }) {
  const { classes, difficulties, steps } = previews;
  const end = useRef<HTMLDivElement>(null);
  const newest = steps.at(-1);
  useEffect(() => {
    if (newest !== undefined) end.current?.scrollIntoView({ block: 'nearest', inline: 'end' });
  }, [newest]);
  return (
    <div className="train-strip">
      <div
        className="train-classes muted small"
        style={{ gridTemplateRows: `32px repeat(${classes.length}, 64px)` }}
      >
        <span />
        {classes.map((name) => (
          <span key={name} className="ellipsis" title={name}>
            {name}
          </span>
        ))}
      </div>
      <div className="train-steps">
        {steps.map((step) => (
          <div key={step} ref={step === newest ? end : undefined} className="train-step">
            <div className="small num">step {count(step)}</div>
            <div
              className="train-pictures"
              style={{ gridTemplateColumns: `repeat(${difficulties.length}, 64px)` }}
            >
              {difficulties.map((difficulty) => (
                <span key={difficulty} className="muted num train-level">
                  {difficulty}
                </span>
              ))}
              {classes.flatMap((name, row) =>
                difficulties.map((difficulty, level) => (
                  <img
                    key={`${name} ${difficulty}`}
                    src={jobPictureUrl(jobId, previewFile(step, row, level))}
                    alt={`${name} at difficulty ${difficulty} after ${step} steps`}
                    title={`${name} at difficulty ${difficulty} after ${step} steps`}
                    width={64}
                    height={64}
                    draggable={false}
                  />
                )),
              )}
            </div>
          </div>
        ))}
      </div>
    </div>
  );
}
