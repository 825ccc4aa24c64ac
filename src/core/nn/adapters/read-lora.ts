/**
 * Owns reading the tensors of an adapter file, whatever its layout: which layers it adapts, each by which kind and how
 * strongly.
 */
import { input, type Shape } from '../../graph/value.ts';
import { most } from '../config-fields.ts';
import { full } from './kinds/full.ts';
import type { AdapterKind, ByRole, Role } from './kinds/kind.ts';
import { lokr } from './kinds/lokr.ts';
import { lowRank } from './kinds/low-rank.ts';
import { computedKinds, kinds, notComputedKind } from './kinds/table.ts';
import {
  type AdaptedLayer,
  type AdaptedPart,
  adaptedParts,
  kindName,
  type LoraAdapter,
  type Matrix,
  mapRoles,
} from './lora-adapter.ts';
import { numberedClasses, numberedPaths } from './numbered-names.ts';
import { foreignPart } from './part-names.ts';
import { headerConfig, layerConfig, type PeftConfig } from './peft-config.ts';
import { type Key, type Layout, layouts, numbered, parseKey, peft } from './tensor-names.ts';
import { isTokenKey } from './textual-inversion.ts';

/** What may stand beside the tensors: the header's metadata, and PEFT's adapter_config.json. */
export interface LoraFacts {
  metadata?: Readonly<Record<string, string>>;
  config?: PeftConfig | null;
}

/** Characters; far above what any layer is called. */
const LONGEST_KEY = 300;

/** Whether a file with these keys is an adapter, be it one that is not computed here. */
export const isAdapter = (keys: readonly string[]): boolean =>
  keys.some(
    (key) =>
      !isTokenKey(key) &&
      (parseKey(key) !== null || notComputedKind(key) !== null || /lora|lycoris/.test(key)),
  );

/**
 * @param tensors all of the file, by their keys. Learned token embeddings may be among them (textual-inversion.ts reads
 *   those); any other key that no layout knows is an error.
 * @throws naming the key, or the layer that lacks a tensor.
 */
export function readLora(tensors: ReadonlyMap<string, Matrix>, facts: LoraFacts = {}): LoraAdapter {
  const found = new Map<string, Found>();
  const used = new Set<Layout>();
  for (const [key, tensor] of tensors) {
    if (isTokenKey(key)) continue;
    const { part, path, role, layout } = recognise(key);
    const id = `${part}.${path}`;
    const layer: Found = found.get(id) ?? { part, path, layout: null, tensors: {} };
    if (layer.tensors[role]) throw new Error(`${key}: ${id} has more than one ${role} matrix`);
    layer.tensors[role] = tensor;
    layer.layout ??= layout;
    if (layout) used.add(layout);
    found.set(id, layer);
  }
  if (found.size === 0) throw new Error(`no LoRA matrices; the layouts known are ${layoutList()}`);
  const parts = { unet: new Map<string, AdaptedLayer>(), text_encoder: new Map<string, AdaptedLayer>() };
  const configs = new Map(adaptedParts.map((part) => [part, configsOf(facts, part)]));
  for (const [id, layer] of found) {
    try {
      parts[layer.part].set(layer.path, readLayer(layer, configs.get(layer.part)!));
    } catch (error) {
      throw new Error(`${id}: ${(error as Error).message}`, { cause: error });
    }
  }
  if (used.has(numbered)) nameNumbered(parts, facts.metadata ?? {});
  return { layout: [...used].map(({ name }) => name).join(' and ') || 'kohya', ...parts };
}

interface Found {
  part: AdaptedPart;
  path: string;
  /** Of the first tensor whose key is of one layout only. */
  layout: Layout | null;
  tensors: Partial<Record<Role, Matrix>>;
}

function recognise(key: string): Key {
  const kind = notComputedKind(key);
  if (kind) {
    throw new Error(`tensor ${key} is of ${kind}, which is not supported; supported are ${computedKinds}`);
  }
  const part = foreignPart(key);
  if (part) {
    throw new Error(`tensor ${key} adapts ${part}; Crux uses LoRAs of Stable Diffusion 1 and 2`);
  }
  const parsed = key.length <= LONGEST_KEY ? parseKey(key) : null;
  if (parsed) return parsed;
  throw new Error(
    `tensor ${key.slice(0, LONGEST_KEY)} is in no LoRA layout that is known here; known are ${layoutList()}`,
  );
}

const layoutList = () => layouts.map(({ name, example }) => `${name} (${example})`).join(', ');

/** The header speaks for every layout, a config beside the file for PEFT's only. */
interface Configs {
  header: PeftConfig | null;
  beside: PeftConfig | null;
}

function configsOf({ metadata, config }: LoraFacts, part: AdaptedPart): Configs {
  const text = metadata?.lora_adapter_metadata;
  return { header: text === undefined ? null : headerConfig(text, part), beside: config ?? null };
}

/** The alpha of a layer is that of its tensors, else of its config, else its rank. */
function readLayer({ path, layout, tensors }: Found, { header, beside }: Configs): AdaptedLayer {
  const { alpha: stored, ...rest } = tensors;
  const own: ByRole<Matrix> = rest;
  const kind = kindOf(own);
  const missing = kind.wanted(own).find((role) => !own[role]);
  if (missing) throw new Error(`the ${kind.name} has no ${missing} matrix for this layer`);
  const rank = rankOf(kind, own);
  const shapes = mapRoles(own, ({ shape }) => shape);
  kind.check?.(shapes);
  wantFitting(kind, shapes);

  const config = header ?? (layout === peft ? beside : null);
  const told = config && layerConfig(config, path);
  if (told?.dora && !own.magnitude && !own.dora_scale) {
    throw new Error(
      "use_dora is set in the adapter's config, but there is no magnitude vector for this layer",
    );
  }
  const name = kindName({ kind, tensors: own });
  if (rank === null) {
    // PEFT scales a LoKr of whole factors too; it alone keeps the rank that this takes in a config.
    const scaled = kind === lokr && told?.rank && told.alpha !== null;
    return {
      ...{ kind, tensors: own, rank },
      ...(scaled ? { alpha: told.alpha, scale: told.alpha! / told.rank! } : { alpha: null, scale: 1 }),
    };
  }
  if (told?.rank && told.rank !== rank) {
    throw new Error(`its ${name} is of rank ${rank}, but the adapter's config says ${told.rank}`);
  }
  const alpha = stored ? stored.data[0] : (told?.alpha ?? rank);
  // Of an empty tensor it is undefined.
  if (!Number.isFinite(alpha)) throw new Error(`alpha is ${alpha}, expected a number`);
  const rslora = told?.rslora === true && !stored;
  return { kind, tensors: own, rank, alpha, scale: alpha / (rslora ? Math.sqrt(rank) : rank) };
}

/** Tensors that do not go together are found without a network. */
function wantFitting(kind: AdapterKind, shapes: ByRole<Shape>): void {
  try {
    kind.delta(mapRoles(shapes, (shape, role) => input(role, shape)));
  } catch (error) {
    const all = Object.entries(shapes).map(([role, shape]) => `${role} [${shape}]`);
    throw new Error(
      `the matrices of its ${kind.name} do not fit together (${all.join(', ')}): ${(error as Error).message}`,
    );
  }
}

/** A bias may come with any kind, or alone; a magnitude alone is what is left of a pair. */
function kindOf(own: ByRole<Matrix>): AdapterKind {
  const of = kinds.filter(({ roles }) => roles.some((role) => own[role]));
  if (of.length > 1)
    throw new Error(`it has tensors of ${of.map(({ name }) => name).join(' and of ')} at once`);
  return of[0] ?? (own.diff_b ? full : lowRank);
}

function rankOf(kind: AdapterKind, own: ByRole<Matrix>): number | null {
  const role = kind.ranked(own);
  if (role === null) return null;
  const { shape } = own[role]!;
  if (shape[0] >= 1 && shape[0] <= most.rank) return shape[0];
  throw new Error(
    `${role} [${shape}] is of rank ${shape[0] ?? 0}, expected 1 to ${most.rank}; the file holds no ${kind.name} for this layer`,
  );
}

/** Puts the paths in the place of the numbers. */
function nameNumbered(
  parts: Record<AdaptedPart, Map<string, AdaptedLayer>>,
  metadata: Readonly<Record<string, string>>,
): void {
  for (const part of adaptedParts) {
    const layers = parts[part];
    if (layers.size === 0) continue;
    const classes = metadata[part] === undefined ? [] : (JSON.parse(metadata[part]) as string[]);
    const other = classes.find((name) => !numberedClasses[part].includes(name));
    if (other) {
      throw new Error(
        `the numbered LoRA adapts layers of ${other} in the ${part}; the order is known for ${numberedClasses[part].join(', ')}`,
      );
    }
    const paths = numberedPaths(part, layers.size);
    const named = paths.map((path, i) => {
      const layer = layers.get(String(i));
      if (!layer) throw new Error(`${part}:${i}: the numbered LoRA leaves this layer out`);
      return [path, layer] as const;
    });
    layers.clear();
    for (const [path, layer] of named) layers.set(path, layer);
  }
}
