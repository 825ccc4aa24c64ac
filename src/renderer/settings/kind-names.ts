/** Owns what a person reads for each kind of model. */
import type { ModelKind } from '../../shared/domain/model.ts';

export const kindNames: Record<ModelKind, string> = {
  diffusion: 'Diffusion',
  encoder: 'Encoder',
  classifier: 'Classifier',
  captioner: 'Captioner',
  'difficulty-adapter': 'Difficulty model',
  lora: 'LoRA',
};
