/** Owns the bytes of hostile files: formats written by hand, so that they can be wrong. */
import { encodeModel } from '../../../src/core/graph/onnx-proto.ts';

/** A safetensors file that declares a header of so many bytes. */
export function header(declared: bigint, text: string, dataBytes = 0): Uint8Array {
  const bytes = Buffer.alloc(8 + text.length + dataBytes);
  bytes.writeBigUInt64LE(declared);
  bytes.write(text, 8, 'latin1');
  return bytes;
}

export const safetensors = (text: string, dataBytes = 0): Uint8Array =>
  header(BigInt(text.length), text, dataBytes);

const float32 = 1;

/**
 * A model without inputs: a constant expanded to `dims`, plus, where `external` is given, a tensor of four numbers whose
 * bytes lie elsewhere.
 */
export function onnxWith(
  external: { location: string; offset: number; length: number } | null,
  dims: readonly number[] = [4],
): Uint8Array {
  const raw = (values: ArrayBufferView) =>
    new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return encodeModel({
    opset: 17,
    nodes: [
      { op: 'Expand', inputs: ['one', 'shape'], output: 'large', attributes: {} },
      { op: 'Add', inputs: ['large', 'weights'], output: 'sum', attributes: {} },
    ],
    initializers: [
      { name: 'one', dims: [1], dataType: float32, raw: raw(Float32Array.of(1)) },
      { name: 'shape', dims: [dims.length], dataType: 7, raw: raw(BigInt64Array.from(dims, BigInt)) },
      external
        ? { name: 'weights', dims: [4], dataType: float32, external }
        : { name: 'weights', dims: [1], dataType: float32, raw: raw(Float32Array.of(1)) },
    ],
    inputs: [],
    outputs: [{ name: 'sum', dims: ['n'], dataType: float32 }],
  });
}
