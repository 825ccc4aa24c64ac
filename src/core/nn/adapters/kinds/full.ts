/**
 * Owns differences that are stored whole (LyCORIS's full and norm): they have no scale. A bias of its own, `diff_b`, may
 * come with any kind.
 */
import type { AdapterKind } from './kind.ts';

export const full: AdapterKind = {
  name: 'full difference',
  roles: ['diff'],
  wanted: () => [],
  ranked: () => null,
  delta: ({ diff }) => diff ?? null,
};

export const norm: AdapterKind = {
  name: 'norm',
  roles: ['w_norm', 'b_norm'],
  wanted: () => [],
  ranked: () => null,
  delta: ({ w_norm }) => w_norm ?? null,
};
