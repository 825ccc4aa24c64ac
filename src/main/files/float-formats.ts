/** Owns the conversion of stored element types to float32, and of float32 to half precision. */

const scratch = new Float32Array(1);
const scratchBits = new Uint32Array(scratch.buffer);

/** IEEE 754 binary16 bits -> number (exact). */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** float32 value -> nearest binary16 bits, ties to even; too large becomes infinity. */
export function numberToHalf(value: number): number {
  scratch[0] = value;
  const bits = scratchBits[0];
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00; // NaN
  if (magnitude >= 0x47800000) return sign | 0x7c00; // 65536 and above
  if (magnitude < 0x38800000) {
    // Below 2^-14 the half is subnormal: a count of 2^-24, rounded to even by adding and removing 2^23.
    const count = Math.abs(scratch[0]) * 2 ** 24;
    scratch[0] = count + 8388608;
    return sign | (scratch[0] - 8388608);
  }
  // 13 fraction bits go; a carry runs into the exponent, which is what rounding up to the next power means.
  const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
  return sign | ((rounded - 0x38000000) >>> 13);
}

/** 8 bits with 4 of exponent and 3 of fraction (E4M3, "FN": no infinities, all bits but the sign set is NaN) -> number. */
export function e4m3ToNumber(bits: number): number {
  const sign = bits & 0x80 ? -1 : 1;
  const exponent = (bits >> 3) & 0xf;
  const fraction = bits & 7;
  if ((bits & 0x7f) === 0x7f) return Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -9;
  return sign * (1 + fraction / 8) * 2 ** (exponent - 7);
}

/** 8 bits with 5 of exponent and 2 of fraction (E5M2): the upper half of a binary16 -> number. */
export const e5m2ToNumber = (bits: number): number => halfToNumber(bits << 8);

/** Every value of a type of 8 bits. */
const bytesAs = (toNumber: (bits: number) => number) =>
  Float32Array.from({ length: 256 }, (_, bits) => toNumber(bits));
const e4m3 = bytesAs(e4m3ToNumber);
const e5m2 = bytesAs(e5m2ToNumber);

let halfTable: Float32Array | null = null;
/** All 65,536 halves: one look-up per element makes whole checkpoints quick. */
function halves(): Float32Array {
  halfTable ??= Float32Array.from({ length: 65536 }, (_, bits) => halfToNumber(bits));
  return halfTable;
}

/**
 * Little-endian elements -> f32[n]. 64-bit integers and doubles are rounded to float32.
 * @throws for a dtype without a conversion. `bytes` must start at a multiple of 8.
 */
export function toFloat32(dtype: string, bytes: Uint8Array<ArrayBuffer>): Float32Array {
  const { buffer, byteOffset: at, byteLength: size } = bytes;
  switch (dtype) {
    case 'F32':
      return new Float32Array(buffer, at, size / 4);
    case 'F16': {
      const table = halves();
      return Float32Array.from(new Uint16Array(buffer, at, size / 2), (bits) => table[bits]);
    }
    case 'BF16': {
      const words = new Uint16Array(buffer, at, size / 2);
      const out = new Uint32Array(words.length);
      for (let k = 0; k < words.length; k++) out[k] = words[k] << 16;
      return new Float32Array(out.buffer);
    }
    case 'F8_E4M3':
      return Float32Array.from(bytes, (bits) => e4m3[bits]);
    case 'F8_E5M2':
      return Float32Array.from(bytes, (bits) => e5m2[bits]);
    case 'F64':
      return Float32Array.from(new Float64Array(buffer, at, size / 8));
    case 'I64':
      return Float32Array.from(new BigInt64Array(buffer, at, size / 8), Number);
    case 'U64':
      return Float32Array.from(new BigUint64Array(buffer, at, size / 8), Number);
    case 'I32':
      return Float32Array.from(new Int32Array(buffer, at, size / 4));
    case 'U32':
      return Float32Array.from(new Uint32Array(buffer, at, size / 4));
    case 'I16':
      return Float32Array.from(new Int16Array(buffer, at, size / 2));
    case 'U16':
      return Float32Array.from(new Uint16Array(buffer, at, size / 2));
    case 'I8':
      return Float32Array.from(new Int8Array(buffer, at, size));
    case 'U8':
    case 'BOOL':
      return Float32Array.from(bytes);
    default:
      throw new Error(`dtype ${dtype} cannot be read as float32; convert the file to F32, F16 or BF16`);
  }
}
