/**
 * Owns low-rank pairs (LoRA, Hu et al. 2021): the difference is up down, of a convolution (LoCon) up of 1x1 behind a
 * down of the layer's kernel; or, as a Tucker decomposition, with a mid of that kernel between two of 1x1.
 */
import { matmul, reshape, transpose } from '../../../graph/functions.ts';
import { type AdapterKind, flat, tucker } from './kind.ts';

export const lowRank: AdapterKind = {
  name: 'LoRA',
  roles: ['down', 'up', 'mid', 'up_bias'],
  wanted: () => ['down', 'up'],
  ranked: () => 'down',
  check({ down = [], up = [], mid }) {
    const pairs = down.length === up.length && (down.length === 2 || down.length === 4);
    const rank = mid ? mid[1] : up[1];
    const fits = mid === undefined || (mid.length === 4 && up[1] === mid[0]);
    if (!pairs || !fits || down[0] !== rank || (up.length === 4 && (up[2] !== 1 || up[3] !== 1))) {
      const between = mid ? ` with mid [${mid}]` : '';
      throw new Error(
        `down [${down}] and up [${up}]${between} are no pair; expected [rank,in] and [out,rank], or of a convolution [rank,in,k,k] and [out,rank,1,1]`,
      );
    }
  },
  delta({ down, up, mid }) {
    if (mid) return tucker(mid, transpose(flat(up!), [1, 0]), flat(down!));
    return reshape(matmul(flat(up!), flat(down!)), [up!.shape[0], ...down!.shape.slice(1)]);
  },
};
