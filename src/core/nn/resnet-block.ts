/** Owns ResnetBlock2D and the resampling layers of diffusers' U-Nets and autoencoders. */
import * as f from '../graph/functions.ts';
import type { Value } from '../graph/value.ts';
import { conv, groupNorm, linear } from './layers.ts';
import type { Params } from './params.ts';

export interface BlockNorm {
  groups: number;
  eps: number;
}

/** x [n,in,h,w], temb [n,t] or null -> [n,out,h,w] */
export function resnetBlock(p: Params, x: Value, out: number, norm: BlockNorm, temb: Value | null): Value {
  const [n, channels] = x.shape;
  let h = conv(p.at('conv1'), f.silu(groupNorm(p.at('norm1'), x, norm.groups, norm.eps)), out, 3, {
    padding: 1,
  });
  if (temb) h = f.add(h, f.reshape(linear(p.at('time_emb_proj'), f.silu(temb), out), [n, out, 1, 1]));
  h = conv(p.at('conv2'), f.silu(groupNorm(p.at('norm2'), h, norm.groups, norm.eps)), out, 3, { padding: 1 });
  return f.add(channels === out ? x : conv(p.at('conv_shortcut'), x, out, 1), h);
}

/** Halves h and w. The autoencoder pads right and bottom only (`padding` 0), the U-Net all around. */
export const downsample = (p: Params, x: Value, padding: number): Value =>
  conv(p.at('conv'), x, x.shape[1], 3, { stride: 2, padding: padding === 0 ? [0, 0, 1, 1] : padding });

/** Doubles h and w, or brings them to `size`. */
export const upsample = (p: Params, x: Value, size = [2 * x.shape[2], 2 * x.shape[3]]): Value =>
  conv(p.at('conv'), f.resizeNearest(x, [size[0], size[1]]), x.shape[1], 3, { padding: 1 });
