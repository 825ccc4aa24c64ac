/** Owns training the difficulty model of a dataset: its form, its progress, its loss curve. */
import { Button, Select, Switch } from '@mantine/core';
import { useState } from 'react';
import type { z } from 'zod';
import type { Dataset } from '../../shared/domain.ts';
import { type Job, trainParams } from '../../shared/jobs.ts';
import { request } from '../api.ts';
import { useJobs, useRequest } from '../queries.ts';
import { useStore } from '../state.ts';
import { testIds } from '../test-ids.ts';
import { useAct, useEnqueue } from '../ui/feedback.tsx';
import { Field, NumberField } from '../ui/fields.tsx';
import { JobLine } from '../ui/job-progress.tsx';
import { LossChart } from './loss-chart.tsx';
import { MemoryNotice } from './memory-notice.tsx';

type Params = z.infer<typeof trainParams>;

/** What the memory of a training depends on. */
const memoryParams = ({ datasetId, baseModelId, batchSize, rank, gradientCheckpointing }: Params) => ({
  datasetId,
  baseModelId,
  batchSize,
  rank,
  gradientCheckpointing,
});

export function TrainSection({
  dataset,
  job,
  first,
}: {
  dataset: Dataset;
  job: Job | undefined;
  first: boolean;
}) {
  const act = useAct();
  const { data: jobs = [] } = useJobs();
  const newest = jobs.find(({ kind, datasetId }) => kind === 'train' && datasetId === dataset.id);
  const stopped = newest?.state === 'failed' || newest?.state === 'cancelled' ? newest : null;
  return (
    <div className="panel" style={{ flex: 'none' }}>
      <div className="panel-head">
        Train a difficulty model on this dataset
        <span className="spacer" />
        {job && (
          <Button onClick={() => void act('Cancelling', () => request('jobs.cancel', { jobId: job.id }))}>
            Cancel
          </Button>
        )}
      </div>
      <div className="panel-body stack">
        {job ? (
          <>
            <JobLine job={job} />
            <LossChart jobId={job.id} />
          </>
        ) : (
          <>
            {first && (
              <div className="muted" style={{ maxWidth: 720 }}>
                A small add-on (LoRA and a difficulty encoder) is trained on your images and their measured
                difficulty; the base model stays as it is. Afterwards you can ask for images of a class at any
                difficulty. Training checkpoints as it goes and can be stopped and resumed.
              </div>
            )}
            {stopped && (
              <div className="notice" data-kind={stopped.state === 'failed' ? 'error' : undefined}>
                <div>
                  <strong>The last training {stopped.state === 'failed' ? 'failed' : 'was stopped'}.</strong>
                  <div className="muted selectable">
                    {stopped.error ?? 'It goes on from its last checkpoint when you resume it.'}
                  </div>
                </div>
                <Button
                  onClick={() => void act('Resuming', () => request('jobs.resume', { jobId: stopped.id }))}
                >
                  Resume
                </Button>
              </div>
            )}
            <TrainForm dataset={dataset} />
          </>
        )}
      </div>
    </div>
  );
}

function TrainForm({ dataset }: { dataset: Dataset }) {
  const { data: models = [], isPending } = useRequest('models.list', {});
  const show = useStore((state) => state.show);
  const [params, setParams] = useState<Params>(() => trainParams.parse({ datasetId: dataset.id }));
  const enqueue = useEnqueue();
  const set = (change: Partial<Params>) => setParams((old) => ({ ...old, ...change }));
  const bases = models.filter(({ kind, usable }) => kind === 'diffusion' && usable);
  const unusable = models.find(({ kind, problem }) => kind === 'diffusion' && problem);
  const base = bases.find(({ id }) => id === params.baseModelId) ?? bases[0];
  const wrong = new Set(trainParams.safeParse(params).error?.issues.map(({ path }) => path[0]));
  const problem = (field: keyof Params, sentence: string) => (wrong.has(field) ? sentence : null);

  if (dataset.scorers.length === 0) {
    return (
      <div className="notice">
        <div>
          <strong>Score the images first.</strong>
          <div className="muted">
            The model learns from the difficulty of each image, and none is known yet.
          </div>
        </div>
        <Button variant="filled" onClick={() => show('difficulty')}>
          Go to Difficulty
        </Button>
      </div>
    );
  }
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (wrong.size === 0 && base) {
          void enqueue('The training', { kind: 'train', params: { ...params, baseModelId: base.id } });
        }
      }}
    >
      <div className="form-grid">
        <Field
          label="Base model"
          help="The diffusion model that the add-on is trained for."
          error={
            base || isPending
              ? null
              : `No diffusion model is usable. ${unusable?.problem ?? ''} Add one under Settings.`
          }
        >
          <Select
            aria-label="Base model"
            data={bases.map(({ id, name }) => ({ value: id, label: name }))}
            value={base?.id ?? null}
            placeholder="None is usable"
            onChange={(value) => value && set({ baseModelId: value })}
          />
        </Field>
        <NumberField
          label="Steps"
          help="Optimiser steps. The loss curve shows when more no longer helps."
          min={1}
          max={1_000_000}
          value={params.steps}
          onChange={(steps) => set({ steps })}
          testId={testIds.trainSteps}
          error={problem('steps', 'A whole number from 1 to 1,000,000.')}
        />
        <NumberField
          label="Rank"
          help="Size of the LoRA matrices. Larger learns more detail and more noise. 4 is usual."
          min={1}
          max={256}
          value={params.rank}
          onChange={(rank) => set({ rank })}
          testId={testIds.trainRank}
          error={problem('rank', 'A whole number from 1 to 256.')}
        />
        <NumberField
          label="Batch"
          help="Images that are computed together."
          min={1}
          max={256}
          value={params.batchSize}
          onChange={(batchSize) => set({ batchSize })}
          error={problem('batchSize', 'A whole number from 1 to 256.')}
        />
        <NumberField
          label="Batches per step"
          help="Their gradients are averaged for one step: a larger batch in the memory of a small one."
          min={1}
          max={256}
          value={params.accumulation}
          onChange={(accumulation) => set({ accumulation })}
          error={problem('accumulation', 'A whole number from 1 to 256.')}
        />
        <NumberField
          label="LoRA learning rate"
          help="Step size for the LoRA matrices."
          min={0}
          max={1}
          step={0.0001}
          decimals={7}
          value={params.loraLearningRate}
          onChange={(loraLearningRate) => set({ loraLearningRate })}
          error={problem('loraLearningRate', 'A number above 0, up to 1.')}
        />
        <NumberField
          label="Encoder learning rate"
          help="Step size for the difficulty encoder, which turns class and difficulty into conditioning tokens."
          min={0}
          max={1}
          step={0.0001}
          decimals={7}
          value={params.encoderLearningRate}
          onChange={(encoderLearningRate) => set({ encoderLearningRate })}
          error={problem('encoderLearningRate', 'A number above 0, up to 1.')}
        />
        <NumberField
          label="Condition dropout"
          help="Share of samples trained without a difficulty, so that guidance has something to compare with. 0.1 is usual."
          min={0}
          max={0.9}
          step={0.05}
          decimals={3}
          value={params.conditionDropout}
          onChange={(conditionDropout) => set({ conditionDropout })}
          error={problem('conditionDropout', 'A share from 0 to 0.9.')}
        />
        <Field
          label="Difficulty levels"
          help="Even: easy, medium and hard images are drawn equally often, so that rare levels are learned too. As they occur: like in the dataset."
        >
          <Switch
            mt={4}
            label={params.balanced ? 'drawn evenly' : 'as they occur'}
            checked={params.balanced}
            onChange={(event) => set({ balanced: event.currentTarget.checked })}
          />
        </Field>
        <Field
          label="Gradient checkpointing"
          help="Takes less memory and about a third more time: the inner values of the U-Net are computed again instead of kept."
        >
          <Switch
            mt={4}
            label={params.gradientCheckpointing ? 'on' : 'off'}
            checked={params.gradientCheckpointing}
            onChange={(event) => set({ gradientCheckpointing: event.currentTarget.checked })}
          />
        </Field>
      </div>
      <MemoryNotice
        request={
          wrong.size === 0 && base
            ? { kind: 'train', params: memoryParams({ ...params, baseModelId: base.id }) }
            : null
        }
      />
      <div>
        <Button
          type="submit"
          variant="filled"
          disabled={wrong.size > 0 || !base}
          data-testid={testIds.trainStart}
        >
          Start training
        </Button>
      </div>
    </form>
  );
}
