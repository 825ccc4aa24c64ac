/** A layer adapted by a plain low-rank pair, for tests. */
import { lowRank } from '../../../src/core/nn/adapters/kinds/low-rank.ts';
import type { AdaptedLayer, Matrix } from '../../../src/core/nn/adapters/lora-adapter.ts';

export function loraLayer(down: Matrix, up: Matrix, alpha: number): AdaptedLayer {
  const rank = down.shape[0];
  return { kind: lowRank, tensors: { down, up }, rank, alpha, scale: alpha / rank };
}
