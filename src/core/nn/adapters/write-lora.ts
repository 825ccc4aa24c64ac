/** Owns writing a LoRA in the layouts that other programs read: diffusers (PEFT's names) and kohya's. */
import { toKohya } from './kohya-names.ts';
import {
  type AdaptedPart,
  adaptedParts,
  isPair,
  kindName,
  type LoraAdapter,
  type Matrix,
} from './lora-adapter.ts';

export const WRITTEN_LAYOUTS = ['diffusers', 'kohya'] as const;
export type WrittenLayout = (typeof WRITTEN_LAYOUTS)[number];

export interface LoraTensors {
  tensors: Map<string, Matrix>;
  metadata: Record<string, string>;
}

interface Pair {
  path: string;
  down: Matrix;
  up: Matrix;
  rank: number;
  /** With which the scale is alpha / rank. */
  alpha: number;
}

/** @throws naming a layer that is no plain pair, which is all that the two layouts have in common. */
const pairsOf = (adapter: LoraAdapter, part: AdaptedPart): Pair[] =>
  [...adapter[part]].map(([path, layer]) => {
    const { tensors, rank, alpha, scale } = layer;
    const { down, up, ...more } = tensors;
    if (!isPair(layer) || Object.keys(more).length > 0) {
      const extra = isPair(layer) ? 'brings a bias' : `is ${kindName(layer)}`;
      throw new Error(`${part}.${path} ${extra}; only plain LoRA can be written`);
    }
    const plain = alpha! / rank! === scale;
    return { path, down: down!, up: up!, rank: rank!, alpha: plain ? alpha! : scale * rank! };
  });

/** The tensors themselves stay as they are, down to the bit. */
export function writeLora(adapter: LoraAdapter, layout: WrittenLayout): LoraTensors {
  return layout === 'kohya' ? kohya(adapter) : diffusers(adapter);
}

/**
 * diffusers reads alpha from PEFT's config in the header, one of each part, with a pattern of the layers that have
 * another. Its older versions know only alpha = rank, which is what they assume where a header says nothing.
 */
function diffusers(adapter: LoraAdapter): LoraTensors {
  const tensors = new Map<string, Matrix>();
  const config: Record<string, unknown> = {};
  for (const part of adaptedParts) {
    const pairs = pairsOf(adapter, part);
    if (pairs.length === 0) continue;
    const [first] = pairs;
    const others = <T>(of: (pair: Pair) => T) =>
      Object.fromEntries(pairs.filter((p) => of(p) !== of(first)).map((p) => [p.path, of(p)]));
    config[`${part}.r`] = first.rank;
    config[`${part}.lora_alpha`] = first.alpha;
    config[`${part}.rank_pattern`] = others((p) => p.rank);
    config[`${part}.alpha_pattern`] = others((p) => p.alpha);
    config[`${part}.target_modules`] = pairs.map(({ path }) => path);
    for (const { path, down, up } of pairs) {
      tensors.set(`${part}.${path}.lora_A.weight`, down);
      tensors.set(`${part}.${path}.lora_B.weight`, up);
    }
  }
  return { tensors, metadata: { format: 'pt', lora_adapter_metadata: JSON.stringify(config) } };
}

function kohya(adapter: LoraAdapter): LoraTensors {
  const tensors = new Map<string, Matrix>();
  const ranks = new Set<number>();
  const alphas = new Set<number>();
  for (const part of adaptedParts) {
    for (const { path, down, up, rank, alpha } of pairsOf(adapter, part)) {
      const name = toKohya(part, path);
      tensors.set(`${name}.lora_down.weight`, down);
      tensors.set(`${name}.lora_up.weight`, up);
      tensors.set(`${name}.alpha`, { shape: [], data: Float32Array.of(alpha) });
      ranks.add(rank);
      alphas.add(alpha);
    }
  }
  const told = (values: Set<number>) => (values.size === 1 ? String([...values][0]) : 'Dynamic');
  return {
    tensors,
    metadata: {
      format: 'pt',
      ss_network_module: 'networks.lora',
      ss_network_dim: told(ranks),
      ss_network_alpha: told(alphas),
    },
  };
}
