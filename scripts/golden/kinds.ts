/** Owns the table of kinds of cases: what meta.json calls them, and the checks they get. */
import type { OracleCase } from './case.ts';
import { clipTextCase } from './cases/clip-text.ts';
import { difficultyCase } from './cases/difficulty.ts';
import { loraCase } from './cases/lora.ts';
import { metricsCase } from './cases/metrics.ts';
import { operatorCase, operatorIndexCase } from './cases/operators.ts';
import { pipelineCase } from './cases/pipeline.ts';
import { resnetCase } from './cases/resnet.ts';
import { schedulersCase } from './cases/schedulers.ts';
import { sizesCase } from './cases/sizes.ts';
import { tokenizerCase } from './cases/tokenizer.ts';
import { unetCase } from './cases/unet.ts';
import { vaeCase } from './cases/vae.ts';
import type { CaseRun, GoldenOptions } from './graph.ts';

export const KINDS: Readonly<Record<string, (c: OracleCase, options: GoldenOptions) => CaseRun>> = {
  op: operatorCase,
  'ops-index': operatorIndexCase,
  unet: unetCase,
  'unet-lora': loraCase,
  vae: vaeCase,
  'clip-text': clipTextCase,
  tokenizer: tokenizerCase,
  schedulers: schedulersCase,
  resnet: resnetCase,
  pipeline: pipelineCase,
  difficulty: difficultyCase,
  metrics: metricsCase,
  sizes: sizesCase,
};
