/** Owns what attention adds for each way from one position of a square to another, as Swin and BEiT have it. */
import * as f from '../graph/functions.ts';
import { integers, type Value } from '../graph/value.ts';
import type { Params } from './params.ts';

/**
 * f32[heads,l,l], l = side^2, and one more for a class token before the positions: the table then ends with a row for
 * the ways from it, one for those to it, and one for itself.
 */
export function positionBias(p: Params, side: number, heads: number, withClass: boolean): Value {
  const area = side ** 2;
  const among = (2 * side - 1) ** 2;
  const way = (from: number, to: number): number => {
    const down = Math.floor(from / side) - Math.floor(to / side) + side - 1;
    return down * (2 * side - 1) + (from % side) - (to % side) + side - 1;
  };
  const first = withClass ? 1 : 0;
  const length = area + first;
  const rows = Array.from({ length: length ** 2 }, (_, i) => {
    const [from, to] = [Math.floor(i / length) - first, (i % length) - first];
    if (from >= 0 && to >= 0) return way(from, to);
    if (to >= 0) return among;
    return from >= 0 ? among + 1 : among + 2;
  });
  const table = p.get('relative_position_bias_table', [among + 3 * first, heads]);
  return f.transpose(f.reshape(f.gather(table, integers(rows)), [length, length, heads]), [2, 0, 1]);
}
