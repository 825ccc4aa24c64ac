/**
 * Owns DoRA (Liu et al. 2024, eq. 5), which goes with any kind: W' = m (W + D) / ||W + D||, the norm of each output's
 * row, or, in some files of LyCORIS, of each input's column.
 *
 * Strength s gives W + s (W' - W), as A1111, ComfyUI and LyCORIS do: 0 is off. (PEFT puts it into D, so that there a
 * strength of 0 still has the trained magnitudes.)
 */
import { add, div, mul, reshape, sqrt, sub, sum } from '../../../graph/functions.ts';
import { numel, type Shape, type Value } from '../../../graph/value.ts';
import type { ByRole } from './kind.ts';

/** What LyCORIS and ComfyUI add to norms: f32's own precision. */
const eps = 2 ** -23;

/** The shape that the magnitudes have beside a weight. @throws where there is none. */
function besideWeight({ magnitude, dora_scale }: ByRole<Shape>, weight: Shape): number[] {
  const given = (magnitude ?? dora_scale)!;
  const [out, inner, ...kernel] = weight;
  const byOutput = [out, 1, ...kernel.map(() => 1)];
  const byInput = [1, inner, ...kernel.map(() => 1)];
  // PEFT's, and a plain list, are of outputs; the shape of LyCORIS's tells.
  const ofOutputs = magnitude || given.length === 1 || given[0] === out;
  const shape = ofOutputs ? byOutput : byInput;
  if (numel(given) !== numel(shape)) {
    throw new Error(`the DoRA magnitudes are [${given}], the layer's weight is [${weight}]`);
  }
  return shape;
}

/** W' - W, where `delta` is D. */
export function doraChange(weight: Value, delta: Value, tensors: ByRole<Value>): Value {
  const given = (tensors.magnitude ?? tensors.dora_scale)!;
  const shapes = { magnitude: tensors.magnitude?.shape, dora_scale: tensors.dora_scale?.shape };
  const shape = besideWeight(shapes, weight.shape);
  const changed = add(weight, delta);
  const axes = weight.shape.flatMap((_, axis) => (shape[axis] === 1 ? [axis] : []));
  const lengths = add(sqrt(sum(mul(changed, changed), axes)), eps);
  return sub(mul(changed, div(reshape(given, shape), lengths)), weight);
}
