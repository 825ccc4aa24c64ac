/** Owns functions of each element by itself: elementary functions and activations. */
import type { Attributes, Value } from '../value.ts';
import { add, div, greater, mul, sub, where, zero } from './arithmetic.ts';
import { define, num, type Operator, sameAsInput } from './table.ts';

/** `derivative`: the cotangent, x, y = f(x) -> the cotangent of x. */
function unary(
  name: string,
  derivative: (ct: Value, x: Value, y: Value) => Value,
  expand?: (x: Value) => Value,
) {
  const entry: Operator = { shape: sameAsInput, vjp: (ct, [x], y) => [derivative(ct, x, y)] };
  const make = define(name, expand ? { ...entry, expand: ([x]) => expand(x) } : entry);
  return (x: Value): Value => make([x]);
}

export const neg = unary('Neg', (ct) => neg(ct));
export const abs = unary('Abs', (ct, x) => mul(ct, sign(x)));
export const exp = unary('Exp', (ct, _, y) => mul(ct, y));
export const log = unary('Log', (ct, x) => div(ct, x));
export const sqrt = unary('Sqrt', (ct, _, y) => div(mul(ct, 0.5), y));
export const reciprocal = unary('Reciprocal', (ct, _, y) => neg(mul(ct, mul(y, y))));
export const sin = unary('Sin', (ct, x) => mul(ct, cos(x)));
export const cos = unary('Cos', (ct, x) => neg(mul(ct, sin(x))));
export const erf = unary('Erf', (ct, x) => mul(ct, mul(exp(neg(mul(x, x))), 2 / Math.sqrt(Math.PI))));
export const tanh = unary('Tanh', (ct, _, y) => mul(ct, sub(1, mul(y, y))));
export const sigmoid = unary('Sigmoid', (ct, _, y) => mul(ct, mul(y, sub(1, y))));
export const softplus = unary('Softplus', (ct, x) => mul(ct, sigmoid(x)));
export const relu = unary('Relu', (ct, _, y) => where(greater(y, zero), ct, zero));
/** x sigmoid(x); its derivative reuses both factors: s (1 + x - y). */
export const silu = unary(
  'Silu',
  (ct, x, y) => mul(ct, add(sigmoid(x), mul(y, sub(1, sigmoid(x))))),
  (x) => mul(x, sigmoid(x)),
);
/** x itself; where backward computes again what forward let go, it starts from here (recompute.ts). */
export const checkpoint = unary(
  'Checkpoint',
  (ct) => ct,
  (x) => x,
);

const makeSign = define('Sign', { shape: sameAsInput, vjp: () => [null] });
export const sign = (x: Value): Value => makeSign([x]);

const makeLeakyRelu = define('LeakyRelu', {
  shape: sameAsInput,
  vjp: (ct, [x], _, a: Attributes) => [where(greater(x, zero), ct, mul(ct, num(a, 'alpha')))],
});
/** x, times alpha where it is negative. */
export const leakyRelu = (x: Value, alpha: number): Value => makeLeakyRelu([x], { alpha });

/**
 * x Phi(x), with the exact normal distribution function. A division, since ONNX Runtime looks for one and puts a
 * kernel in the place of all five operators: a quarter of the time.
 */
export const geluErf = (x: Value): Value => mul(mul(x, 0.5), add(erf(div(x, Math.SQRT2)), 1));
/** The tanh approximation of gelu. */
export const geluTanh = (x: Value): Value =>
  mul(mul(x, 0.5), add(tanh(mul(add(x, mul(mul(mul(x, x), x), 0.044715)), Math.sqrt(2 / Math.PI))), 1));
/** x sigmoid(1.702 x), as in OpenAI's CLIP. */
export const quickGelu = (x: Value): Value => mul(x, sigmoid(mul(x, 1.702)));
