/** Owns reading and adding at places that a tensor of ids names. Ids are i64, >= 0 and within the size. */
import { numel, type Shape, type Value } from '../value.ts';
import { reshape, swapAxes } from './shape.ts';
import { axisOf, define, list, num, wantShape } from './table.ts';

const makeGather = define('Gather', {
  takes: ['data', 'ids'],
  shape: ([x, ids]) => [...ids.shape, ...x.shape.slice(1)],
  emit: (e, x) => e.node('Gather', x, { axis: 0 }),
  vjp: (ct, [x, ids]) => [scatterAddRows(ct, ids, x.shape), null],
});
/** Rows of table [rows, ...] by ids [...] -> [...ids, ...]. */
export const gather = (table: Value, ids: Value): Value => makeGather([table, ids]);

const makeScatterAddRows = define('ScatterAddRows', {
  takes: ['float', 'ids'],
  shape: (_, a) => list(a, 'shape'),
  emit: (e, [updates, ids], a, [u]) =>
    e.node(
      'ScatterND',
      [e.zeros(list(a, 'shape')), e.node('Reshape', [ids, e.ints([u.shape[0], 1])]), updates],
      { reduction: 'add' },
    ),
  vjp: (ct, [, ids]) => [gather(ct, ids), null],
});
/** The transpose of `gather`: updates added into zeros of `shape` at the rows that ids name. */
export function scatterAddRows(updates: Value, ids: Value, shape: Shape): Value {
  const rows = numel(ids.shape);
  return makeScatterAddRows([reshape(updates, [rows, ...shape.slice(1)]), reshape(ids, [rows])], { shape });
}

/** The slices of x along one axis that ids [k] name, in that order. */
export function indexSelect(x: Value, ids: Value, axis: number): Value {
  const at = axisOf(x, axis);
  return swapAxes(gather(swapAxes(x, 0, at), ids), 0, at);
}

const makeGatherElements = define('GatherElements', {
  takes: ['data', 'ids'],
  shape: ([x, ids], a) => {
    const axis = num(a, 'axis');
    if (ids.shape.length !== x.shape.length || ids.shape.some((d, i) => i !== axis && d > x.shape[i])) {
      throw new Error(`ids [${ids.shape}] do not lie within [${x.shape}] outside axis ${axis}`);
    }
    return ids.shape;
  },
  vjp: (ct, [x, ids], _, a) => [scatterAddElements(ct, ids, x.shape, num(a, 'axis')), null],
});
/** y[i,j,...] = x[i,ids[i,j,...],...] for axis 1, and so on; as torch.gather. */
export const gatherElements = (x: Value, ids: Value, axis: number): Value =>
  makeGatherElements([x, ids], { axis: axisOf(x, axis) });

const makeScatterAddElements = define('ScatterAddElements', {
  takes: ['float', 'ids'],
  shape: ([updates, ids], a) => {
    wantShape(ids, updates.shape, 'ids');
    return list(a, 'shape');
  },
  emit: (e, [updates, ids], a) =>
    e.node('ScatterElements', [e.zeros(list(a, 'shape')), ids, updates], {
      axis: num(a, 'axis'),
      reduction: 'add',
    }),
  vjp: (ct, [, ids], _, a) => [gatherElements(ct, ids, num(a, 'axis')), null],
});
/** The transpose of `gatherElements`: updates added into zeros of `shape`. */
export const scatterAddElements = (updates: Value, ids: Value, shape: Shape, axis: number): Value =>
  makeScatterAddElements([updates, ids], { shape, axis });
