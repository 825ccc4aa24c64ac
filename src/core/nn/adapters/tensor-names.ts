/**
 * Owns the keys of adapter files: whose layer a tensor is of and which of its tensors it is. A key is the name of a
 * layer, in one of three ways of naming, and an end that says what the tensor is; the two together make a layout.
 */
import type { Role } from './kinds/kind.ts';
import { fromKohya, LYCORIS } from './kohya-names.ts';
import type { AdaptedPart } from './lora-adapter.ts';
import { partOf } from './part-names.ts';

export interface Layout {
  name: string;
  /** An example, for the error that names the layouts. */
  example: string;
}

const kohya: Layout = { name: 'kohya', example: 'lora_unet_<path>.lora_down.weight' };
const lycoris: Layout = { name: 'LyCORIS', example: 'lycoris_<path>.lora_down.weight' };
/** The layout whose alpha a config beside the file may say; others have it in their tensors or their header. */
export const peft: Layout = { name: 'PEFT/diffusers', example: 'unet.<path>.lora_A.weight' };
const processors: Layout = {
  name: 'attention processors',
  example: '<path>.processor.to_q_lora.down.weight',
};
const diffusers: Layout = { name: 'diffusers', example: 'unet.<path>.lora.down.weight' };
export const numbered: Layout = { name: 'numbered', example: 'unet:<number>:down' };
export const layouts: readonly Layout[] = [kohya, lycoris, peft, processors, diffusers, numbered];

export interface Key {
  part: AdaptedPart;
  path: string;
  role: Role;
  /** null: the key is the same in several. */
  layout: Layout | null;
}

/** null: no key of any layout. */
export function parseKey(key: string): Key | null {
  const [, part, number, side] = /^(unet|text_encoder):(\d+):(down|up)$/.exec(key) ?? [];
  if (part) return { part: part as AdaptedPart, path: number, role: side as Role, layout: numbered };
  return fromProcessor(key) ?? fromEnd(key);
}

/** `attn1.processor.to_out_lora` and CLIP's `self_attn.to_q_lora`, as paths of the layers themselves. */
function fromProcessor(key: string): Key | null {
  const [, name, letter, role] =
    /^(.+?)\.(?:processor\.)?to_(q|k|v|out)_lora\.(down|up)\.weight$/.exec(key) ?? [];
  if (!name) return null;
  const { part, path } = partOf(name);
  const layer = part === 'text_encoder' ? `${letter}_proj` : letter === 'out' ? 'to_out.0' : `to_${letter}`;
  return { part, path: `${path}.${layer}`, role: role as Role, layout: processors };
}

function fromEnd(key: string): Key | null {
  for (const [pattern, roleOf, layout] of ends) {
    const found = pattern.exec(key);
    if (!found) continue;
    const [, name, what] = found;
    const role = roleOf(what);
    if (!name.includes('.') && /^(lora_|lycoris_)/.test(name)) {
      const at = fromKohya(name);
      return at && { ...at, role, layout: name.startsWith(LYCORIS) ? lycoris : kohya };
    }
    return { ...partOf(name), role, layout };
  }
  return null;
}

/** The ends of keys, what they say, and the layout of dotted names that has them. PEFT puts an adapter's name between. */
const ends: readonly (readonly [RegExp, (what: string) => Role, Layout | null])[] = [
  [/^(.+)\.lora_A(?:\.[^.]+)?\.weight$/, () => 'down', peft],
  [/^(.+)\.lora_B(?:\.[^.]+)?\.weight$/, () => 'up', peft],
  [/^(.+)\.lora_B(?:\.[^.]+)?\.bias$/, () => 'up_bias', peft],
  [/^(.+)\.lora_magnitude_vector(?:\.[^.]+){0,2}$/, () => 'magnitude', null],
  [/^(.+)\.(?:lora|lora_linear_layer)\.(down|up)\.weight$/, (side) => side as Role, diffusers],
  [/^(.+)\.lora_(down|up|mid)\.weight$/, (side) => side as Role, diffusers],
  [
    /^(.+)\.(hada_(?:w[12]_[ab]|t[12])|lokr_(?:w[12](?:_[ab])?|t2))(?:\.[^.]+)?$/,
    (what) => what as Role,
    peft,
  ],
  [/^(.+)\.(alpha|diff|diff_b|w_norm|b_norm|dora_scale)$/, (what) => what as Role, null],
];
