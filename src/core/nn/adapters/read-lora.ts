/**
 * Owns reading LoRA tensors in every layout that Stable Diffusion adapters come in. A key of the file belongs to one
 * layout, which says whose layer it is and which of its three tensors; the rest is common.
 */
import type { Shape } from '../../graph/value.ts';
import { most } from '../config-fields.ts';
import { fromKohya } from './kohya-names.ts';
import type { AdaptedPart, LoraAdapter, LowRankPair, Matrix } from './lora-adapter.ts';
import { numberedClasses, numberedPaths } from './numbered-names.ts';

/** What a tensor of an adapter is. */
type Role = 'down' | 'up' | 'alpha';
interface Key {
  part: AdaptedPart;
  path: string;
  role: Role;
}

interface Layout {
  name: string;
  /** An example, for the error that names the layouts. */
  example: string;
  /** null: not a key of this layout. */
  parse(key: string): Key | null;
  /** Whether a config beside the file, or in its metadata, may say alpha. Older layouts have it in their tensors. */
  config?: true;
}

/** The part that a dotted name begins with; older files hold a U-Net only and leave the part out. */
function partOf(name: string): { part: AdaptedPart; path: string } {
  const bare = name.replace(/^base_model\.model\./, '');
  const [, part, path] = /^(unet|text_encoder)\.(?:base_model\.model\.)?(.+)$/.exec(bare) ?? [];
  if (part) return { part: part as AdaptedPart, path };
  return { part: bare.startsWith('text_model.') ? 'text_encoder' : 'unet', path: bare };
}

const dotted = (pattern: RegExp, target = '') => {
  return (key: string): Key | null => {
    const [, name, end] = pattern.exec(key) ?? [];
    return name ? { ...partOf(name + target), role: roles.get(end)! } : null;
  };
};

/** `attn1.processor.to_out_lora` and CLIP's `self_attn.to_q_lora`, as paths of the layers themselves. */
function fromProcessor(key: string): Key | null {
  const [, name, letter, role] =
    /^(.+?)\.(?:processor\.)?to_(q|k|v|out)_lora\.(down|up)\.weight$/.exec(key) ?? [];
  if (!name) return null;
  const { part, path } = partOf(name);
  const layer = part === 'text_encoder' ? `${letter}_proj` : letter === 'out' ? 'to_out.0' : `to_${letter}`;
  return { part, path: `${path}.${layer}`, role: role as Role };
}

const roles = new Map<string, Role>([
  ['A', 'down'],
  ['B', 'up'],
  ['down', 'down'],
  ['up', 'up'],
  ['alpha', 'alpha'],
]);

const layouts: readonly Layout[] = [
  {
    name: 'kohya',
    example: 'lora_unet_<path>.lora_down.weight',
    parse(key) {
      const [, name, end] = /^([^.]+)\.(lora_down\.weight|lora_up\.weight|alpha)$/.exec(key) ?? [];
      const at = name ? fromKohya(name) : null;
      const role = end === 'alpha' ? 'alpha' : end?.startsWith('lora_down') ? 'down' : 'up';
      return at && { ...at, role };
    },
  },
  {
    name: 'PEFT/diffusers',
    example: 'unet.<path>.lora_A.weight',
    parse: dotted(/^(.+)\.lora_(A|B)(?:\.default)?\.weight$/),
    config: true,
  },
  {
    name: 'attention processors',
    example: '<path>.processor.to_q_lora.down.weight',
    parse: fromProcessor,
  },
  {
    name: 'diffusers',
    example: 'unet.<path>.lora.down.weight',
    parse: (key) =>
      dotted(/^(.+)\.(?:lora|lora_linear_layer)\.(down|up)\.weight$/)(key) ?? dotted(/^(.+)\.(alpha)$/)(key),
  },
  {
    name: 'numbered',
    example: 'unet:<number>:down',
    parse(key) {
      const [, part, number, role] = /^(unet|text_encoder):(\d+):(down|up)$/.exec(key) ?? [];
      return part ? { part: part as AdaptedPart, path: number, role: role as Role } : null;
    },
  },
];

/** What may stand beside the tensors: the header's metadata, and PEFT's adapter_config.json. */
export interface LoraFacts {
  metadata?: Readonly<Record<string, string>>;
  config?: PeftConfig | null;
}

/** PEFT's own names. */
export interface PeftConfig {
  r?: number;
  lora_alpha?: number;
  alpha_pattern?: Readonly<Record<string, number>>;
  /** Scale by alpha / sqrt(rank) in place of alpha / rank (rsLoRA, Kalajdzievski 2023). */
  use_rslora?: boolean;
  use_dora?: boolean;
}

/**
 * @param tensors all of the file, by their keys. Learned token embeddings may be among them (`embeddings` of
 *   textual-inversion.ts reads those); any other key that no layout knows is an error.
 * @throws naming the key and the layouts, or the layer that lacks a matrix.
 */
export function readLora(tensors: ReadonlyMap<string, Matrix>, facts: LoraFacts = {}): LoraAdapter {
  const found = new Map<
    string,
    { part: AdaptedPart; path: string; layout: Layout } & Partial<Record<Role, Matrix>>
  >();
  const used = new Set<Layout>();
  for (const [key, tensor] of tensors) {
    if (isTokenName(key)) continue;
    const { layout, at } = recognise(key);
    used.add(layout);
    const id = `${at.part}.${at.path}`;
    const pair = found.get(id) ?? { part: at.part, path: at.path, layout };
    if (pair[at.role]) throw new Error(`${key}: ${id} has more than one ${at.role} matrix`);
    pair[at.role] = tensor;
    found.set(id, pair);
  }
  if (found.size === 0) throw new Error(`no LoRA matrices; the layouts known are ${layoutList()}`);
  const parts = { unet: new Map<string, LowRankPair>(), text_encoder: new Map<string, LowRankPair>() };
  for (const [id, { part, path, layout, down, up, alpha }] of found) {
    if (!down || !up) throw new Error(`${id}: the LoRA has no ${down ? 'up' : 'down'} matrix for this layer`);
    checkPair(id, down.shape, up.shape);
    const rank = down.shape[0];
    const given = alpha ? alpha.data[0] : ((layout.config && alphaOf(facts, part, path, rank)) ?? rank);
    // From JSON it may be anything, and of an empty tensor it is undefined.
    if (!Number.isFinite(given)) throw new Error(`${id}: alpha is ${given}, expected a number`);
    parts[part].set(path, { down, up, alpha: given });
  }
  if ([...used].some((layout) => layout.name === 'numbered')) nameNumbered(parts, facts.metadata ?? {});
  return { layout: [...used].map((layout) => layout.name).join(' and '), ...parts };
}

/** Learned tokens are kept in LoRA files under the token itself. */
const isTokenName = (key: string): boolean => /^<[^<>]+>$/.test(key);

function recognise(key: string): { layout: Layout; at: Key } {
  for (const layout of layouts) {
    const at = layout.parse(key);
    if (at) return { layout, at };
  }
  const other = /(hada_|lokr_|lora_mid|magnitude|diff_b|oft_)/.test(key)
    ? ' (it belongs to another kind of adapter: LoHa, LoKr, DoRA and the like are not plain low-rank pairs)'
    : '';
  throw new Error(`tensor ${key} is in no LoRA layout that is known here${other}; known are ${layoutList()}`);
}

const layoutList = () => layouts.map(({ name, example }) => `${name} (${example})`).join(', ');

function checkPair(id: string, down: Shape, up: Shape): void {
  if (!(down[0] >= 1 && down[0] <= most.rank)) {
    throw new Error(
      `${id}: down [${down}] is of rank ${down[0] ?? 0}, expected 1 to ${most.rank}; the file holds no LoRA for this layer`,
    );
  }
  const pairs = down.length === up.length && (down.length === 2 || down.length === 4);
  if (!pairs || down[0] !== up[1] || (up.length === 4 && (up[2] !== 1 || up[3] !== 1))) {
    throw new Error(
      `${id}: down [${down}] and up [${up}] are no pair; wanted [rank,in] and [out,rank], or of a convolution [rank,in,k,k] and [out,rank,1,1]`,
    );
  }
}

/** The alpha that a config gives a layer; null: none is given. */
function alphaOf(facts: LoraFacts, part: AdaptedPart, path: string, rank: number): number | null {
  const config = configOf(facts, part);
  if (!config) return null;
  if (config.use_dora)
    throw new Error(`${part}: use_dora is set; DoRA adapters are not supported, only plain LoRA`);
  // Patterns name the ends of paths.
  const pattern = Object.entries(config.alpha_pattern ?? {}).find(
    ([end]) => path === end || path.endsWith(`.${end}`),
  );
  const alpha = pattern?.[1] ?? config.lora_alpha;
  if (alpha === undefined) return null;
  return config.use_rslora ? alpha * Math.sqrt(rank) : alpha;
}

/** diffusers keeps PEFT's config in the header, its fields prefixed with the part; PEFT itself in a file beside. */
function configOf({ metadata, config }: LoraFacts, part: AdaptedPart): PeftConfig | null {
  const text = metadata?.lora_adapter_metadata;
  if (text === undefined) return config ?? null;
  let all: Record<string, unknown>;
  try {
    all = JSON.parse(text);
  } catch (error) {
    throw new Error(`lora_adapter_metadata is not JSON: ${(error as Error).message}`);
  }
  const own = Object.entries(all).filter(([name]) => name.startsWith(`${part}.`));
  return Object.fromEntries(own.map(([name, value]) => [name.slice(part.length + 1), value])) as PeftConfig;
}

/** Puts the paths in the place of the numbers. */
function nameNumbered(
  parts: Record<AdaptedPart, Map<string, LowRankPair>>,
  metadata: Readonly<Record<string, string>>,
): void {
  for (const part of ['unet', 'text_encoder'] as const) {
    const pairs = parts[part];
    if (pairs.size === 0) continue;
    const classes = metadata[part] === undefined ? [] : (JSON.parse(metadata[part]) as string[]);
    const other = classes.find((name) => !numberedClasses[part].includes(name));
    if (other) {
      throw new Error(
        `the numbered LoRA adapts layers of ${other} in the ${part}; the order is known for ${numberedClasses[part].join(', ')}`,
      );
    }
    const paths = numberedPaths(part, pairs.size);
    const named = paths.map((path, i) => {
      const pair = pairs.get(String(i));
      if (!pair) throw new Error(`${part}:${i}: the numbered LoRA leaves this layer out`);
      return [path, pair] as const;
    });
    pairs.clear();
    for (const [path, pair] of named) pairs.set(path, pair);
  }
}
