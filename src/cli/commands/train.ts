/** Owns `crux train`. */
import type { Command } from 'commander';
import type { JobParams } from '../../shared/jobs/index.ts';
import type { CommandContext } from '../command.ts';
import { datasetJob } from '../job-command.ts';
import type { OptionTable } from '../schema-options.ts';

const options: OptionTable<JobParams<'train'>> = {
  kind: { text: 'LoRA with a difficulty encoder, or a plain LoRA to compare it with' },
  baseModelId: { flag: 'base-model', text: 'diffusion model that is fine-tuned (name or id)' },
  scorerId: {
    flag: 'scorer',
    text: 'id of the scorer whose difficulty conditions it (default: the current one)',
  },
  steps: { text: 'optimiser steps' },
  batchSize: { text: 'images per batch' },
  accumulation: { text: 'batches whose gradients are averaged for one step' },
  gradientCheckpointing: { text: 'less memory for about a third more time' },
  rank: { text: 'rank of the LoRA' },
  loraLearningRate: { flag: 'lora-learning-rate', text: 'learning rate of the LoRA' },
  encoderLearningRate: { flag: 'encoder-learning-rate', text: 'learning rate of the difficulty encoder' },
  tokens: { text: 'conditioning tokens that the difficulty encoder makes' },
  placement: { text: 'how those tokens join the text tokens' },
  tokenNorm: { text: 'leave those tokens as large as they come, without a layer norm' },
  labelEncoding: { text: 'how the class enters the difficulty encoder' },
  scoreFeatures: { text: 'how the score enters it: as it is, or with waves of it besides' },
  frequencies: { text: 'waves of Fourier features' },
  encoderWidth: { text: "width of the difficulty encoder's hidden layers" },
  encoderDepth: { text: 'how many hidden layers it has' },
  minSnrGamma: { text: 'gamma of min-SNR weighting, 5 in its paper (default: off)' },
  conditionDropout: { text: 'share of samples trained on the null token' },
  textDropout: { text: 'share of samples trained on the empty prompt' },
  balanced: { text: 'draw difficulties as they occur instead of evenly' },
  checkpointEvery: { text: 'steps between checkpoints' },
  previewEvery: {
    text: 'steps between preview pictures; 0: none (default: as often as takes about a twentieth of the time)',
  },
};

export const train = (parent: Command, context: CommandContext) =>
  datasetJob(parent, context, {
    kind: 'train',
    summary: 'fine-tune the diffusion model on this dataset, conditioned on difficulty',
    options,
  });
