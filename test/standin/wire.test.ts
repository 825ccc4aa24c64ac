import { expect, it } from 'vitest';
import { makeWire } from './wire.ts';

// In the page only the source text exists: what is tested is that text, run anew.
const wire = new Function(`return (${makeWire.toString()})()`)() as ReturnType<typeof makeWire>;
const there = (value: unknown) => wire.decode(JSON.parse(JSON.stringify(wire.encode(value))));

it('carries typed arrays intact, views with their own bytes only', () => {
  const floats = Float32Array.of(1.5, Number.NaN, -0, Infinity);
  expect(there(floats)).toEqual(floats);
  expect(there(Uint32Array.of(0, 4294967295))).toEqual(Uint32Array.of(0, 4294967295));
  expect(there(Int16Array.of(1, -1, 2, 3).subarray(1, 3))).toEqual(Int16Array.of(-1, 2));
  expect(there(Uint8Array.of(7).buffer)).toEqual(Uint8Array.of(7).buffer);
  expect(there({ deep: [{ a: new Uint8Array(70_000).fill(9) }] })).toEqual({
    deep: [{ a: new Uint8Array(70_000).fill(9) }],
  });
});

it('carries what JSON would lose', () => {
  const value = {
    u: undefined,
    n: Number.NaN,
    z: -0,
    b: 12n,
    d: new Date(5),
    m: new Map([[1, 'a']]),
    s: new Set([2]),
  };
  expect(there(value)).toEqual(value);
  expect(there({ $: 'number', v: 'not a tag' })).toEqual({ $: 'number', v: 'not a tag' });
});

it('refuses what structured clone refuses', () => {
  expect(() => wire.encode({ f: () => 1 })).toThrow('could not be cloned');
});
