/** Owns how arrays of numbers lie in a BLOB: little-endian, one after another, no header. */

if (new Uint8Array(Uint16Array.of(1).buffer)[0] !== 1)
  throw new Error('catalog: this machine is big-endian; Crux stores and reads little-endian arrays only');

const bytesOf = (array: Float32Array | Uint32Array): Buffer =>
  Buffer.from(array.buffer, array.byteOffset, array.byteLength);

export const blobOfF32 = (array: Float32Array): Buffer => bytesOf(array);
export const blobOfU32 = (array: Uint32Array): Buffer => bytesOf(array);

/** A copy: a Buffer's own bytes need not start at a multiple of four. */
function aligned(blob: Uint8Array): ArrayBuffer {
  const copy = new Uint8Array(blob.byteLength);
  copy.set(blob);
  return copy.buffer;
}

export const f32OfBlob = (blob: Uint8Array): Float32Array<ArrayBuffer> => new Float32Array(aligned(blob));
export const u32OfBlob = (blob: Uint8Array): Uint32Array<ArrayBuffer> => new Uint32Array(aligned(blob));
