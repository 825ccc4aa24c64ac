/**
 * Owns PEFT's config of an adapter as far as it says what a layer's rank and alpha are: in the header of a file
 * (`lora_adapter_metadata`, as diffusers writes it for every layout) or beside it (adapter_config.json).
 */
import { shown } from '../../shown.ts';
import type { AdaptedPart } from './lora-adapter.ts';

/** PEFT's own names; what a file says is checked where it is used. */
export interface PeftConfig {
  r?: unknown;
  lora_alpha?: unknown;
  /** Of LoHa and LoKr. */
  alpha?: unknown;
  rank_pattern?: unknown;
  alpha_pattern?: unknown;
  use_rslora?: unknown;
  use_dora?: unknown;
}

/** What a config says of one layer; null: nothing. */
export interface LayerConfig {
  rank: number | null;
  alpha: number | null;
  /** Scale by alpha / sqrt(rank) in place of alpha / rank (rsLoRA, Kalajdzievski 2023). */
  rslora: boolean;
  dora: boolean;
}

/**
 * The config of a part. The header has the fields of both parts in one table, each under the part's name; a table of
 * plain fields is of both.
 */
export function headerConfig(text: string, part: AdaptedPart): PeftConfig {
  let all: unknown;
  try {
    all = JSON.parse(text);
  } catch (error) {
    throw new Error(`lora_adapter_metadata is not JSON: ${(error as Error).message}`);
  }
  if (!isTable(all)) throw new Error(`lora_adapter_metadata is ${shown(all)}, expected a table`);
  const entries = Object.entries(all);
  if (!entries.some(([name]) => /^(unet|text_encoder)\./.test(name))) return all;
  const own = entries.filter(([name]) => name.startsWith(`${part}.`));
  return Object.fromEntries(own.map(([name, value]) => [name.slice(part.length + 1), value]));
}

export function layerConfig(config: PeftConfig, path: string): LayerConfig {
  const alpha = config.lora_alpha ?? config.alpha;
  return {
    rank: number('rank', patterned('rank_pattern', config.rank_pattern, path) ?? config.r),
    alpha: number('alpha', patterned('alpha_pattern', config.alpha_pattern, path) ?? alpha),
    rslora: flag('use_rslora', config.use_rslora),
    dora: flag('use_dora', config.use_dora),
  };
}

function number(name: string, value: unknown): number | null {
  if (value === undefined || value === null) return null;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new Error(`${name} is ${shown(value)} in the adapter's config, expected a number`);
}

function flag(name: string, value: unknown): boolean {
  if (value === undefined || value === null) return false;
  if (typeof value === 'boolean') return value;
  throw new Error(`${name} is ${shown(value)} in the adapter's config, expected true or false`);
}

/** What the first key that matches says: keys are ends of paths, or patterns of such ends (PEFT's get_pattern_key). */
function patterned(name: string, table: unknown, path: string): unknown {
  if (table === undefined || table === null) return undefined;
  if (!isTable(table))
    throw new Error(`${name} is ${shown(table)} in the adapter's config, expected a table`);
  const patterns = compiled.get(table) ?? Object.keys(table).map((key) => ({ key, end: endOf(name, key) }));
  compiled.set(table, patterns);
  const first = patterns.find(({ end }) => end.test(path));
  return first && table[first.key];
}

/** The patterns of a table, which is asked once for each layer. */
const compiled = new WeakMap<object, { key: string; end: RegExp }[]>();

/** As Python's re.match(rf"(.*\.)?({key})$"). */
function endOf(name: string, key: string): RegExp {
  // A pattern of a stranger's file must not run for years: nothing that repeats holds another repetition.
  const repeats = key.match(/[*+{]/g)?.length ?? 0;
  if (key.length > 1000 || repeats > 3 || /\)[*+{]/.test(key)) {
    throw new Error(`${name}: the pattern ${shown(key)} is more than Crux matches; name the layers instead`);
  }
  try {
    return new RegExp(`^(?:.*\\.)?(?:${key})$`);
  } catch {
    throw new Error(`${name}: ${shown(key)} is neither the end of a layer's name nor a pattern`);
  }
}

const isTable = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
