import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { halfToNumber, numberToHalf } from '../../../src/main/files/float-formats.ts';
import {
  openSafetensors,
  openShardedSafetensors,
  writeSafetensors,
} from '../../../src/main/files/safetensors.ts';
import { duplicateKey } from '../../../src/main/files/safetensors-header.ts';
import { sealOf } from '../../../src/main/files/sealed-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'crux-safetensors-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let count = 0;
const fresh = () => join(folder, `t${count++}.safetensors`);

/** A file of this header (text, or an object to serialise) and data, with the length field as given. */
function raw(header: string | object, data: ArrayLike<number> = [], declared?: bigint): string {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(declared ?? BigInt(json.length));
  const file = fresh();
  writeFileSync(file, Buffer.concat([length, json, Uint8Array.from(data)]));
  return file;
}
const entry = (dtype: string, shape: number[], begin: number, end: number) => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

describe('writing and reading', () => {
  const w = Float32Array.of(1, -2.5, 3e-8, 65504, 1 / 3, 0);
  it('gives back what was written, at offsets that hold in the file', () => {
    const file = fresh();
    writeSafetensors(
      file,
      {
        half: { shape: [3], data: Float32Array.of(1, -2.5, 1 / 3), dtype: 'F16' },
        'layer.weight': { shape: [2, 3], data: w },
        scalar: { shape: [], data: Float32Array.of(7) },
        none: { shape: [0, 4], data: new Float32Array(0) },
      },
      { recipe: 'test "quoted" ü' },
    );
    const open = openSafetensors(file);
    expect([...open.tensors.keys()].sort()).toEqual(['half', 'layer.weight', 'none', 'scalar']);
    expect(open.metadata).toEqual({ recipe: 'test "quoted" ü' });
    expect(open.headerBytes % 8).toBe(0);
    expect(open.read('layer.weight')).toEqual(w);
    expect(open.read('scalar')).toEqual(Float32Array.of(7));
    expect(open.read('none')).toEqual(new Float32Array(0));
    expect([...open.read('half')]).toEqual([1, -2.5, 0.333251953125]);
    const place = open.tensors.get('layer.weight')!;
    expect(place).toMatchObject({ dtype: 'F32', shape: [2, 3], length: 24, file });
    const bytes = readFileSync(file);
    expect(bytes.readFloatLE(place.offset + 4)).toBe(-2.5);
    expect(bytes.length).toBe(
      8 + open.headerBytes + [...open.tensors.values()].reduce((n, t) => n + t.length, 0),
    );
    open.close();
    expect(() => open.read('scalar')).toThrow(/scalar.*closed/);
    open.close();
  });

  it('tells the seal of what it wrote', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'crux-seal-')), 'a.safetensors');
    const seal = writeSafetensors(file, {
      half: { shape: [3], data: Float32Array.of(1, 2, 3), dtype: 'F16' },
      full: { shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) },
    });
    expect(seal).toEqual(sealOf(dirname(file), 'a.safetensors'));
    rmSync(dirname(file), { recursive: true });
  });

  it('replaces a file whole, leaves no temporary and keeps the old one on error', () => {
    const inner = join(folder, 'atomic');
    mkdirSync(inner);
    const file = join(inner, 'a.safetensors');
    writeSafetensors(file, { a: { shape: [1], data: Float32Array.of(1) } });
    writeSafetensors(file, { a: { shape: [1], data: Float32Array.of(2) } });
    expect(() => writeSafetensors(file, { a: { shape: [2], data: Float32Array.of(3) } })).toThrow(
      /tensor a: 1 values for shape \[2\]/,
    );
    expect(readdirSync(inner)).toEqual(['a.safetensors']);
    const open = openSafetensors(file);
    expect([...open.read('a')]).toEqual([2]);
    open.close();
  });

  it('converts the stored types', () => {
    const bf16 = [0x80, 0x3f, 0x20, 0xc0]; // 1, -2.5
    const i64 = [...new Uint8Array(BigInt64Array.of(-5n, 1234567n).buffer)];
    const i32 = [...new Uint8Array(Int32Array.of(-3, 9).buffer)];
    const file = raw(
      {
        b: entry('BF16', [2], 0, 4),
        c: entry('I64', [2], 4, 20),
        d: entry('I32', [2], 20, 28),
        // One, the least and the largest of each, and a negative one between.
        e: entry('F8_E4M3', [4], 28, 32),
        f: entry('F8_E5M2', [4], 32, 36),
        g: entry('F8_E4M3', [1], 36, 37),
      },
      [...bf16, ...i64, ...i32, 0x38, 0x01, 0x7e, 0xcb, 0x3c, 0x01, 0x7b, 0xc5, 0xff],
    );
    const open = openSafetensors(file);
    expect([...open.read('b')]).toEqual([1, -2.5]);
    expect([...open.read('c')]).toEqual([-5, 1234567]);
    expect([...open.read('d')]).toEqual([-3, 9]);
    expect([...open.read('e')]).toEqual([1, 2 ** -9, 448, -5.5]);
    expect([...open.read('f')]).toEqual([1, 2 ** -16, 57344, -5]);
    expect(() => open.read('g')).toThrow(/tensor g holds NaN/);
    expect(() => open.read('zz')).toThrow(/no tensor zz/);
    open.close();
  });

  it('rounds to half precision as IEEE 754 says', () => {
    for (let bits = 0; bits < 65536; bits++) {
      const value = halfToNumber(bits);
      if (Number.isNaN(value)) expect(halfToNumber(numberToHalf(value))).toBeNaN();
      else if (numberToHalf(value) !== bits)
        expect.fail(`half ${bits} is ${value}, came back as ${numberToHalf(value)}`);
    }
    expect(halfToNumber(numberToHalf(65519))).toBe(65504);
    expect(halfToNumber(numberToHalf(65520))).toBe(Number.POSITIVE_INFINITY);
    expect(halfToNumber(numberToHalf(1 + 2 ** -11))).toBe(1); // tie to even, down
    expect(halfToNumber(numberToHalf(1 + 3 * 2 ** -11))).toBe(1 + 2 ** -9); // tie to even, up
    expect(halfToNumber(numberToHalf(2 ** -25))).toBe(0); // tie to even, subnormal
    expect(halfToNumber(numberToHalf(3 * 2 ** -25))).toBe(2 ** -23);
  });
});

describe('malformed files are refused, naming file and tensor', () => {
  const cases: [string, () => string, RegExp][] = [
    [
      'empty',
      () => {
        const f = fresh();
        writeFileSync(f, '');
        return f;
      },
      /an empty file/,
    ],
    ['header longer than the file', () => raw('{}', [], 1000n), /header of 1000 bytes in a file of 10/],
    ['header beyond the limit', () => raw('{}', [], 2n ** 63n), /limit 100000000/],
    ['not JSON', () => raw('{"a":'), /not JSON/],
    ['nested deeply', () => raw('{"a":'.repeat(1e6)), /nested more than 64 levels deep/],
    [
      'too many tensors',
      () => {
        const entries = Array.from({ length: 100_001 }, (_, i) => [i, entry('F32', [0], 0, 0)]);
        return raw(Object.fromEntries(entries));
      },
      /it names 100001 tensors, expected at most 100000/,
    ],
    [
      'too many axes',
      () => raw({ a: entry('U8', Array(9).fill(1), 0, 1) }, [0]),
      /tensor a: shape \[1,1,1,1,1,1,1,1,1\], expected at most 8 whole numbers/,
    ],
    [
      'a product beyond every number',
      () => raw({ a: entry('U8', [2 ** 40, 2 ** 40, 2 ** 40], 0, 1) }, [0]),
      /tensor a: 1 bytes, but U8/,
    ],
    ['an array', () => raw('[]'), /does not start with "\{"/],
    [
      'not UTF-8',
      () => {
        const f = raw('{"a":1}');
        const b = readFileSync(f);
        b[10] = 0xff;
        writeFileSync(f, b);
        return f;
      },
      /not UTF-8/,
    ],
    [
      'a name twice',
      () =>
        raw(
          `{"a":${JSON.stringify(entry('F32', [1], 0, 4))},"\\u0061":${JSON.stringify(entry('F32', [1], 0, 4))}}`,
          [0, 0, 0, 0],
        ),
      /"a" is there twice/,
    ],
    [
      'a field twice',
      () => raw('{"a":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}}', [0]),
      /"dtype" is there twice/,
    ],
    [
      'offsets out of range',
      () => raw({ a: entry('F32', [2], 0, 8) }, [0, 0, 0, 0]),
      /tensor a: bytes 0 to 8, but the file holds 4/,
    ],
    ['offsets swapped', () => raw({ a: entry('F32', [1], 4, 0) }, [0, 0, 0, 0]), /tensor a: bytes 4 to 0/],
    ['negative offset', () => raw({ a: entry('F32', [1], -4, 0) }, []), /tensor a: data_offsets/],
    ['fractional shape', () => raw({ a: entry('F32', [0.5], 0, 2) }, [0, 0]), /tensor a: shape \[0\.5\]/],
    [
      'overlap',
      () => raw({ a: entry('F32', [1], 0, 4), b: entry('F32', [1], 2, 6) }, [0, 0, 0, 0, 0, 0]),
      /tensor b: overlaps .* by 2/,
    ],
    [
      'gap',
      () => raw({ a: entry('U8', [1], 0, 1), b: entry('U8', [1], 2, 3) }, [0, 0, 0]),
      /tensor b: 1 unused/,
    ],
    ['surplus data', () => raw({ a: entry('U8', [1], 0, 1) }, [0, 0, 0]), /2 bytes after the last/],
    ['unknown dtype', () => raw({ a: entry('F31', [1], 0, 4) }, [0, 0, 0, 0]), /tensor a: dtype "F31"/],
    [
      'inherited dtype name',
      () => raw({ a: entry('toString', [1], 0, 4) }, [0, 0, 0, 0]),
      /tensor a: dtype "toString"/,
    ],
    [
      'size against shape',
      () => raw({ a: entry('F32', [3], 0, 4) }, [0, 0, 0, 0]),
      /tensor a: 4 bytes, but F32 \[3\] takes 12/,
    ],
    [
      'shape overflow',
      () => raw({ a: entry('F32', [2 ** 52, 2 ** 52], 0, 4) }, [0, 0, 0, 0]),
      /tensor a: 4 bytes, but/,
    ],
    ['metadata of numbers', () => raw({ __metadata__: { a: 1 } }), /__metadata__/],
    ['unknown field', () => raw({ a: { ...entry('U8', [1], 0, 1), evil: 1 } }, [0]), /unknown field evil/],
  ];
  for (const [what, make, message] of cases) {
    it(what, () => {
      const file = make();
      expect(() => openSafetensors(file)).toThrow(message);
      expect(() => openSafetensors(file)).toThrow(file);
    });
  }
  it('accepts a header that ends in blanks and holds no tensors', () => {
    const open = openSafetensors(raw('{}      '));
    expect(open.tensors.size).toBe(0);
    open.close();
  });
  it('a pickle by its name, in one sentence', () => {
    for (const name of ['model.bin', 'A.CKPT', 'x.pt', 'y.pth']) {
      writeFileSync(join(folder, name), Buffer.from([1, 2, 3, 4, 5, 6, 7, 8, 9]));
      expect(() => openSafetensors(join(folder, name))).toThrow(/never read; use the \.safetensors/);
    }
  });
  it('finds a key that is there twice in the same object only', () => {
    expect(duplicateKey('{"a":{"b":1},"b":[{"a":"b"},"a","a"]}')).toBeNull();
    expect(duplicateKey('{"x":"\\"a\\":","a" : 1, "b":{"q":1,"q":2}}')).toBe('q');
  });
});

describe('sharded checkpoints', () => {
  const inner = join(folder, 'sharded');
  mkdirSync(inner);
  writeSafetensors(join(inner, 'm-1.safetensors'), { a: { shape: [1], data: Float32Array.of(1) } });
  writeSafetensors(join(inner, 'm-2.safetensors'), { b: { shape: [1], data: Float32Array.of(2) } });
  writeSafetensors(join(folder, 'outside.safetensors'), { a: { shape: [1], data: Float32Array.of(9) } });
  const index = (map: unknown) => {
    const file = join(inner, `i${count++}.safetensors.index.json`);
    writeFileSync(file, JSON.stringify({ metadata: { total_size: 8 }, weight_map: map }));
    return file;
  };
  it('reads each tensor from its shard', () => {
    const open = openShardedSafetensors(index({ a: 'm-1.safetensors', b: 'm-2.safetensors' }));
    expect(open.tensors.get('b')!.file).toBe(join(inner, 'm-2.safetensors'));
    expect([...open.read('a'), ...open.read('b')]).toEqual([1, 2]);
    open.close();
  });
  it('refuses paths, missing tensors and missing shards', () => {
    for (const name of [
      '../outside.safetensors',
      '..\\outside.safetensors',
      '/etc/x.safetensors',
      'm-1.bin',
      3,
    ]) {
      expect(() => openShardedSafetensors(index({ a: name }))).toThrow(/tensor a is said to be in/);
    }
    expect(() => openShardedSafetensors(index({ b: 'm-1.safetensors' }))).toThrow(/tensor b is not in m-1/);
    expect(() => openShardedSafetensors(index({ a: 'm-9.safetensors' }))).toThrow(/m-9/);
    const two = index({ a: 'm-1.safetensors', b: 'm-8.safetensors', c: 'm-9.safetensors' });
    expect(() => openShardedSafetensors(two)).toThrow(
      `${two}: shards of the model are missing (2 of 3): m-8.safetensors, m-9.safetensors; put them beside the index, or download the model again`,
    );
    expect(() => openShardedSafetensors(index(undefined))).toThrow(/no weight_map/);
  });
});
