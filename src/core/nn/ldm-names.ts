/**
 * Owns the names that Stable Diffusion 1.x and 2.x have in one file, as the latent-diffusion research code wrote them, and
 * what they are called in a Diffusers folder. There, blocks of the U-Net are numbered through; here, by level and place.
 */
import { numel, type Shape } from '../graph/value.ts';
import { familyOfTensors, isForeign } from './model-families.ts';
import { type OpenClipName, openClipNames, openClipPrefix } from './open-clip-names.ts';

export type LdmPart = 'unet' | 'vae' | 'text';

/** A tensor of the file, under its Diffusers name. */
export interface LdmTensor {
  stored: string; // its name in the file
  /** As the network wants it; the same numbers in the same order. */
  shape: Shape;
  /** Which third of the stored rows it is, where queries, keys and values are stored as one. */
  third?: 0 | 1 | 2;
}

export interface LdmParts extends Record<LdmPart, Map<string, LdmTensor>> {
  /** Whether the text encoder is OpenCLIP's, as in Stable Diffusion 2.x. */
  openClip: boolean;
  /** Names of the file that are in none of the parts: noise schedules, averages of training, what was added. */
  other: string[];
}

/** The three parts of a single file, by names alone. @throws when it is no Stable Diffusion 1.x or 2.x. */
export function ldmParts(tensors: ReadonlyMap<string, { shape: Shape }>): LdmParts {
  const family = familyOfTensors(tensors.keys());
  if (family) throw new Error(`this is ${isForeign(family)}`);
  const parts: LdmParts = { unet: new Map(), vae: new Map(), text: new Map(), other: [], openClip: false };
  const add = (part: LdmPart, name: string, tensor: LdmTensor) => {
    const twin = parts[part].get(name);
    if (twin) throw new Error(`${twin.stored} and ${tensor.stored} are the same parameter, ${name}`);
    parts[part].set(name, tensor);
  };
  for (const [stored, { shape }] of tensors) {
    const part = (Object.keys(prefixes) as LdmPart[]).find((of) => stored.startsWith(prefixes[of]));
    const openClip = stored.startsWith(openClipPrefix)
      ? openClipNames(stored.slice(openClipPrefix.length))
      : [];
    for (const { name, third } of openClip)
      add('text', name, { stored, shape: thirdOf(shape, third), ...(third !== undefined && { third }) });
    if (part) {
      // What has no place in its network keeps its name, by which a check lists it.
      const name = rename[part](stored.slice(prefixes[part].length)) ?? stored;
      add(part, name, { stored, shape: linearShape({ part, name }, shape) });
    } else if (openClip.length === 0) parts.other.push(stored);
    parts.openClip ||= openClip.length > 0;
  }
  for (const part of Object.keys(prefixes) as LdmPart[]) {
    if (parts[part].size === 0) throw new Error(`the file has no ${prefixes[part]}*; expected ${wanted}`);
  }
  return parts;
}

const thirdOf = ([rows, ...rest]: Shape, third: OpenClipName['third']): Shape =>
  third === undefined || rows % 3 !== 0 ? [rows, ...rest] : [rows / 3, ...rest];

const wanted = 'one file with U-Net, autoencoder and text encoder of Stable Diffusion 1.x or 2.x';

const prefixes: Readonly<Record<LdmPart, string>> = {
  unet: 'model.diffusion_model.',
  vae: 'first_stage_model.',
  text: 'cond_stage_model.transformer.',
};

/** The autoencoder's attention projects by 1x1 convolutions there, by linear layers here: [out,in,1,1] is [out,in]. */
function linearShape({ part, name }: { part: LdmPart; name: string }, shape: Shape): Shape {
  const linear = part === 'vae' && /\.to_(q|k|v|out\.0)\.weight$/.test(name);
  return linear && shape.length === 4 && numel(shape.slice(2)) === 1 ? shape.slice(0, 2) : shape;
}

// ---- names, without the part's prefix ----

/** The start of a name -> what replaces it, given the numbers in it. */
type Place = readonly [RegExp, (...numbers: number[]) => string];
/** The rest of a name, below its place. */
type Layers = ReadonlyMap<string, string>;

const layersPerBlock = 2; // of every published Stable Diffusion 1.x and 2.x, as are the four levels
const levels = 4;

/** A level has its layers and the downsampling, counted after conv_in; upwards it has one layer more. */
const perLevel = layersPerBlock + 1;
const level = (n: number) => Math.floor(n / perLevel);
const layer = (n: number) => n % perLevel;

const unetPlaces: readonly Place[] = [
  [/^time_embed\.0\./, () => 'time_embedding.linear_1.'],
  [/^time_embed\.2\./, () => 'time_embedding.linear_2.'],
  [/^time_embed\.cond_proj\./, () => 'time_embedding.cond_proj.'],
  [/^input_blocks\.0\.0\./, () => 'conv_in.'],
  [/^input_blocks\.(\d+)\.0\.op\./, (n) => `down_blocks.${level(n - 1)}.downsamplers.0.conv.`],
  [/^input_blocks\.(\d+)\.0\./, (n) => `down_blocks.${level(n - 1)}.resnets.${layer(n - 1)}.`],
  [/^input_blocks\.(\d+)\.1\./, (n) => `down_blocks.${level(n - 1)}.attentions.${layer(n - 1)}.`],
  [/^middle_block\.0\./, () => 'mid_block.resnets.0.'],
  [/^middle_block\.1\./, () => 'mid_block.attentions.0.'],
  [/^middle_block\.2\./, () => 'mid_block.resnets.1.'],
  // After the attention, where the level has one.
  [/^output_blocks\.(\d+)\.[12]\.conv\./, (n) => `up_blocks.${level(n)}.upsamplers.0.conv.`],
  [/^output_blocks\.(\d+)\.0\./, (n) => `up_blocks.${level(n)}.resnets.${layer(n)}.`],
  [/^output_blocks\.(\d+)\.1\./, (n) => `up_blocks.${level(n)}.attentions.${layer(n)}.`],
  [/^out\.0\./, () => 'conv_norm_out.'],
  [/^out\.2\./, () => 'conv_out.'],
];

const unetLayers: Layers = new Map([
  ['in_layers.0', 'norm1'],
  ['in_layers.2', 'conv1'],
  ['emb_layers.1', 'time_emb_proj'],
  ['out_layers.0', 'norm2'],
  ['out_layers.3', 'conv2'],
  ['skip_connection', 'conv_shortcut'],
]);

const vaePlaces: readonly Place[] = [
  [/^(?=(?:post_)?quant_conv\.)/, () => ''],
  [/^encoder\.down\.(\d+)\.block\.(\d+)\./, (l, i) => `encoder.down_blocks.${l}.resnets.${i}.`],
  [/^encoder\.down\.(\d+)\.downsample\./, (l) => `encoder.down_blocks.${l}.downsamplers.0.`],
  // Levels are counted from the picture there, from the latents here.
  [/^decoder\.up\.(\d+)\.block\.(\d+)\./, (l, i) => `decoder.up_blocks.${levels - 1 - l}.resnets.${i}.`],
  [/^decoder\.up\.(\d+)\.upsample\./, (l) => `decoder.up_blocks.${levels - 1 - l}.upsamplers.0.`],
  ...(['encoder', 'decoder'] as const).flatMap((half): Place[] => [
    [new RegExp(`^${half}\\.mid\\.block_([12])\\.`), (i) => `${half}.mid_block.resnets.${i - 1}.`],
    [new RegExp(`^${half}\\.mid\\.attn_1\\.norm\\.`), () => `${half}.mid_block.attentions.0.group_norm.`],
    [new RegExp(`^${half}\\.mid\\.attn_1\\.`), () => `${half}.mid_block.attentions.0.`],
    [new RegExp(`^${half}\\.norm_out\\.`), () => `${half}.conv_norm_out.`],
    [new RegExp(`^${half}\\.(?=conv_(?:in|out)\\.)`), () => `${half}.`],
  ]),
];

const vaeLayers: Layers = new Map([
  ['nin_shortcut', 'conv_shortcut'],
  ['q', 'to_q'],
  ['k', 'to_k'],
  ['v', 'to_v'],
  ['proj_out', 'to_out.0'],
]);

/** The name's new place and layer, or null where it has no place. */
function renamed(name: string, places: readonly Place[], layers: Layers): string | null {
  for (const [pattern, place] of places) {
    const match = pattern.exec(name);
    if (!match) continue;
    const [inner, kind] = splitLast(name.slice(match[0].length));
    const known = layers.get(inner) ?? inner;
    return `${place(...match.slice(1).map(Number))}${known === '' ? '' : `${known}.`}${kind}`;
  }
  return null;
}

/** 'conv1.weight' -> ['conv1', 'weight'], 'weight' -> ['', 'weight'] */
function splitLast(name: string): [string, string] {
  const at = name.lastIndexOf('.');
  return [name.slice(0, Math.max(at, 0)), name.slice(at + 1)];
}

const rename: Readonly<Record<LdmPart, (name: string) => string | null>> = {
  unet: (name) => renamed(name, unetPlaces, unetLayers),
  vae: (name) => renamed(name, vaePlaces, vaeLayers),
  // Some merges have lost the module around the tower.
  text: (name) => (name.startsWith('text_model.') ? name : `text_model.${name}`),
};
