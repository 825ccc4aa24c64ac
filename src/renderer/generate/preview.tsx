/** Owns the live picture of the image being generated. */
import { useEffect, useRef, useState } from 'react';
import type { EventPayload } from '../../shared/contract.ts';
import type { Job } from '../../shared/jobs/job.ts';
import { listen } from '../api.ts';
import { useJobs } from '../queries.ts';
import { testIds } from '../test-ids.ts';
import { JobLine } from '../ui/job-progress.tsx';
import { DifficultyChip } from '../ui/picture.tsx';

type Frame = EventPayload<'generate.preview'>;

/** rgb: u8[h,w,3] -> the RGBA that a canvas takes. */
export function toRgba(rgb: Uint8Array, width: number, height: number): Uint8ClampedArray<ArrayBuffer> {
  const rgba = new Uint8ClampedArray(4 * width * height);
  for (let i = 0; i < width * height; i++) {
    rgba[4 * i] = rgb[3 * i];
    rgba[4 * i + 1] = rgb[3 * i + 1];
    rgba[4 * i + 2] = rgb[3 * i + 2];
    rgba[4 * i + 3] = 255;
  }
  return rgba;
}

export function Preview({ job, datasetId }: { job: Job | undefined; datasetId: number }) {
  const { data: jobs = [] } = useJobs();
  const [frame, setFrame] = useState<Frame | null>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => listen('generate.preview', setFrame), []);
  // The last picture stays when its job is done; one of an earlier job makes room for the job that runs now.
  const owner = frame && jobs.find(({ id }) => id === frame.jobId);
  const live = owner?.datasetId === datasetId && (!job || job.id === owner.id) ? frame : null;
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context || !live) return;
    const { width, height, rgb } = live;
    context.canvas.width = width;
    context.canvas.height = height;
    context.putImageData(new ImageData(toRgba(rgb, width, height), width, height), 0, 0);
  }, [live]);
  return (
    <div className="panel" data-testid={testIds.generatePreview} data-step={live?.step ?? ''}>
      <div className="panel-head">{job ? 'Now' : live ? 'Last' : 'Preview'}</div>
      <div className="panel-body stack">
        <div className="preview-frame">
          {live ? (
            <canvas
              ref={canvas}
              className="pixelated"
              role="img"
              aria-label={`Preview of ${live.className}`}
            />
          ) : (
            <span>{job ? 'The first preview comes soon.' : 'The image being made appears here.'}</span>
          )}
        </div>
        {live && (
          <div className="row num">
            <span className="ellipsis">{live.className}</span>
            {live.difficulty !== null && (
              <DifficultyChip value={live.difficulty} title="Difficulty asked for" />
            )}
            <span className="spacer" />
            <span className="muted">
              image {live.index + 1} · step {live.step} of {live.steps}
            </span>
          </div>
        )}
        {job && <JobLine job={job} />}
      </div>
    </div>
  );
}
