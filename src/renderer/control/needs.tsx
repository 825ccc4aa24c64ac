/** Owns what must be there before a report can be made, and the way to where it is made. */
import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import type { Dataset } from '../../shared/domain/dataset.ts';
import type { ModelEntry } from '../../shared/domain/model.ts';
import type { Scorer } from '../../shared/domain/scorer.ts';
import { useJobs, useRequest } from '../queries.ts';
import { useStore } from '../state.ts';
import { difficultyModels, newestFirst } from '../ui/difficulty-models.ts';
import { EmptyState } from '../ui/feedback.tsx';
import type { IconName } from '../ui/icons.tsx';

export interface Ready {
  /** Difficulty models that this dataset's images can be made with; at least one. */
  adapters: ModelEntry[];
  /** Scorers that can measure new images; at least one. */
  scorers: Scorer[];
  /** LoRAs of this dataset that know no difficulty, newest first. */
  plainLoras: ModelEntry[];
}

/** 'waiting': not known yet. */
export function useNeeds(dataset: Dataset): Ready | 'scores' | 'model' | 'waiting' {
  const { data: models } = useRequest('models.list', {});
  // Probabilities that were given with the images say nothing about a new one.
  const scorers = dataset.scorers.filter(({ method }) => method !== 'precomputed');
  if (scorers.length === 0) return 'scores';
  if (models === undefined) return 'waiting';
  const adapters = difficultyModels(models, dataset.id);
  if (adapters.length === 0) return 'model';
  const plainLoras = models
    .filter(({ kind, datasetId, usable }) => kind === 'lora' && usable && datasetId === dataset.id)
    .sort(newestFirst);
  return { adapters, scorers, plainLoras };
}

/**
 * The scorer whose difficulty a model learned: the one its training named, or the newest there was by then. The
 * dataset's current one where its training is not known any more.
 */
export function useTrainingScorer(dataset: Dataset): (adapterId: string) => number | null {
  const { data: jobs = [] } = useJobs();
  return (adapterId) => {
    const job = jobs.find(({ kind, result }) => kind === 'train' && result?.modelId === adapterId);
    if (!job) return dataset.currentScorerId;
    if (typeof job.params.scorerId === 'number') return job.params.scorerId;
    const then = dataset.scorers.filter(({ createdAt }) => createdAt <= job.createdAt);
    return then.sort((a, b) => b.createdAt - a.createdAt)[0]?.id ?? dataset.currentScorerId;
  };
}

/** In the place of a report: what it would show, and what has to be done first. */
export function Needed({
  what,
  icon,
  children,
}: {
  what: 'scores' | 'model';
  icon: IconName;
  children: ReactNode;
}) {
  const show = useStore((state) => state.show);
  return what === 'scores' ? (
    <EmptyState
      icon={icon}
      title="Score this dataset first"
      actions={
        <Button variant="filled" onClick={() => show('difficulty')}>
          Go to Difficulty
        </Button>
      }
    >
      {children} For that the program needs a scorer that can say how hard an image is, and a difficulty model
      that has learned from its scores.
    </EmptyState>
  ) : (
    <EmptyState
      icon={icon}
      title="Train a difficulty model first"
      actions={
        <Button variant="filled" onClick={() => show('train')}>
          Go to training
        </Button>
      }
    >
      {children} No difficulty model has been trained on this dataset yet.
    </EmptyState>
  );
}
