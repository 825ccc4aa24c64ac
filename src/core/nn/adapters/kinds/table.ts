/** Owns the table of the kinds of adapters that are computed, and the names of those that are not. */
import { full, norm } from './full.ts';
import type { AdapterKind } from './kind.ts';
import { loha } from './loha.ts';
import { lokr } from './lokr.ts';
import { lowRank } from './low-rank.ts';

/** A layer that has tensors of none (a magnitude alone) is an incomplete one of the first. */
export const kinds: readonly AdapterKind[] = [lowRank, loha, lokr, full, norm];

/** By the ends of their keys. */
export const notComputed: readonly (readonly [RegExp, string])[] = [
  [/\.(oft_blocks|oft_R|oft_r|oft_diag|boft_R|boft_s)\b/, 'OFT or BOFT'],
  [/\.(a1|a2|b1|b2|bm)\.weight$/, 'GLoRA'],
  [/\.(on_input|ia3_l)\b/, 'IA3'],
  [/\.(lambda_layer|q_layer\.weight|p_layer\.weight)$/, 'T-LoRA'],
  [/\.vera_(lambda|A|B)/, 'VeRA'],
  [/\.hra_u\b/, 'HRA'],
  [/\.lora_E\b/, 'AdaLoRA'],
  [/\.lora_embedding_(A|B)\b/, 'LoRA of an embedding table'],
  [/\.lokr_t1$/, 'LoKr with a Tucker decomposition of w1'],
  [/\.(set_weight|reshape_weight)$/, 'replaced weights'],
  [/\.modules_to_save\./, 'whole trained modules'],
];

/** The kind that a key is of, where it is one that is not computed here. */
export const notComputedKind = (key: string): string | null =>
  notComputed.find(([pattern]) => pattern.test(key))?.[1] ?? null;

export const computedKinds = 'LoRA, LoCon, LoHa, LoKr, DoRA, full differences and norms';
