/**
 * Owns LoRA (Hu et al. 2021): low-rank branches beside the attention projections of a U-Net,
 * y = W x + (alpha / rank) B (A x), under PEFT's names `unet.<layer>.lora_A.weight` and `.lora_B.weight`.
 */
import { input, type Shape, type Value } from '../graph/value.ts';
import type { LowRank, ParameterSource } from './params.ts';

export interface LoraConfig {
  rank: number;
  /** The branch is scaled by alpha / rank. */
  alpha: number;
}

/** The layers diffusers adapts by default. */
const isTarget = (path: string) => /\.(to_q|to_k|to_v|to_out\.0)$/.test(path);

const downName = (path: string) => `unet.${path}.lora_A.weight`;
const upName = (path: string) => `unet.${path}.lora_B.weight`;

/** A source that gives every targeted layer of `base` a trainable branch; `parameters` collects them. */
export function withLora(
  base: ParameterSource,
  config: LoraConfig,
): ParameterSource & { parameters: Map<string, Value> } {
  const parameters = new Map<string, Value>();
  const trainable = (name: string, shape: Shape) => {
    const value = parameters.get(name) ?? input(name, shape);
    parameters.set(name, value);
    return value;
  };
  return {
    parameters,
    has: (name) => base.has(name),
    parameter: (name, shape) => base.parameter(name, shape),
    addsBias: (path) => base.addsBias?.(path) === true,
    lowRank(path, weight) {
      const below: readonly LowRank[] = base.lowRank?.(path, weight) ?? [];
      if (!isTarget(path)) return below;
      const [outFeatures, inFeatures] = weight;
      const branch = {
        down: trainable(downName(path), [config.rank, inFeatures]),
        up: trainable(upName(path), [outFeatures, config.rank]),
        scale: config.alpha / config.rank,
      };
      return [...below, branch];
    },
  };
}

/** Whether a parameter starts as noise (A) or as zeros (B), so that training starts from the base model. */
export const isLoraDown = (name: string): boolean => name.endsWith('.lora_A.weight');
