/** Owns the table of kinds of cases: what meta.json calls them, and the checks they get. */
import type { OracleCase } from './case.ts';
import { clipTextCase } from './cases/clip-text.ts';
import { difficultyCase } from './cases/difficulty.ts';
import { metricsCase } from './cases/metrics.ts';
import { pipelineCase } from './cases/pipeline.ts';
import { schedulersCase } from './cases/schedulers.ts';
import { tokenizerCase } from './cases/tokenizer.ts';
import { unetCase } from './cases/unet.ts';
import { vaeCase } from './cases/vae.ts';
import type { CaseRun, GoldenOptions } from './graph.ts';

export const KINDS: Readonly<Record<string, (c: OracleCase, options: GoldenOptions) => CaseRun>> = {
  unet: unetCase,
  vae: vaeCase,
  'clip-text': clipTextCase,
  tokenizer: tokenizerCase,
  schedulers: schedulersCase,
  pipeline: pipelineCase,
  difficulty: difficultyCase,
  metrics: metricsCase,
};
