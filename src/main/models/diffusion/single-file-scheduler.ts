/**
 * Owns what a single-file checkpoint predicts and how it is sampled. The file has no config, so that this is told, in this
 * order: by a Diffusers scheduler config beside it (NAME.scheduler_config.json, or some fields of one), which is where a
 * person overrides the rest; by tensors that hold nothing (v_pred, ztsnr); by its header (modelspec.prediction_type); by
 * the research code's config beside it (NAME.yaml). Of Stable Diffusion 1.x that do not say, all predict noise; of 2.x,
 * velocity is assumed, as diffusers does, and `assumed` says so.
 */
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import type { SchedulerConfig } from '../../../core/diffusion/noise-schedule.ts';
import { schedulerConfig } from '../../../core/diffusion/scheduler-config.ts';
import { readUserText } from '../../files/user-file.ts';
import { readConfig } from '../stored-part.ts';

const scheduler: SchedulerConfig = {
  _class_name: 'PNDMScheduler',
  num_train_timesteps: 1000,
  beta_start: 0.00085,
  beta_end: 0.012,
  beta_schedule: 'scaled_linear',
  skip_prk_steps: true,
  steps_offset: 1,
  clip_sample: false,
  set_alpha_to_one: false,
};

const MAX_YAML_BYTES = 1024 * 1024;

export interface SingleFileFacts {
  file: string;
  openClip: boolean;
  /** Names of tensors that belong to no network. */
  marks: ReadonlySet<string>;
  metadata: Readonly<Record<string, string>>;
}

export interface SingleFileScheduler {
  scheduler: SchedulerConfig;
  /** Where nothing says what the model predicts: what is taken, and how to say otherwise. */
  assumed: string | null;
}

export function singleFileScheduler(facts: SingleFileFacts): SingleFileScheduler {
  const { file, openClip, marks } = facts;
  const beside = `${file.replace(/\.[^.]+$/, '')}.scheduler_config.json`;
  const given = existsSync(beside) ? readConfig(beside, 'scheduler', schedulerConfig) : {};
  const told = given.prediction_type ?? predictionTold(facts);
  const prediction_type = told ?? (openClip ? 'v_prediction' : 'epsilon');
  return {
    scheduler: {
      ...scheduler,
      ...(openClip && { _class_name: 'DDIMScheduler' }), // as diffusers has it for 2.1
      // PNDM cannot step at a signal of zero.
      ...(marks.has('ztsnr') && {
        _class_name: 'DDIMScheduler',
        rescale_betas_zero_snr: true,
        timestep_spacing: 'trailing',
      }),
      ...(prediction_type !== 'epsilon' && { prediction_type }),
      ...given,
    },
    assumed:
      told || !openClip
        ? null
        : `taken to predict velocity, as the file does not say; if images come out as noise, write {"prediction_type": "epsilon"} into ${basename(beside)} beside it`,
  };
}

function predictionTold({ file, marks, metadata }: SingleFileFacts): string | null {
  if (marks.has('v_pred')) return 'v_prediction';
  const { 'modelspec.prediction_type': said, 'modelspec.architecture': architecture } = metadata;
  if (said) return typeOf(said);
  if (architecture?.startsWith('stable-diffusion-v2'))
    return architecture.includes('768-v') ? 'v_prediction' : 'epsilon';
  const yaml = `${file.replace(/\.[^.]+$/, '')}.yaml`;
  if (!existsSync(yaml)) return null;
  const found = /^\s*parameterization:\s*["']?(\w+)/m.exec(readUserText(yaml, { maxBytes: MAX_YAML_BYTES }));
  return found ? typeOf(found[1]) : 'epsilon'; // what the research code takes where its config says nothing
}

const typeOf = (said: string): string => (/^v/.test(said) ? 'v_prediction' : 'epsilon');
