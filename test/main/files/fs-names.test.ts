import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { bytesOfName, displayName, fsPath, isWithin, nameOfBytes } from '../../../src/main/files/fs-names.ts';
import { safeFileName, safeName, unsafeName } from '../../../src/main/files/safe-names.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('file names', () => {
  it.each([
    'plain.jpg',
    'new\nline',
    'back\\slash',
    'u\u0308 nfd',
    'ü nfc',
    '日本語',
    '🐱',
    '\ufeffbom',
    '%41',
  ])('leaves %j as it is', (name) => {
    expect(nameOfBytes(Buffer.from(name))).toBe(name);
    expect(hex(bytesOfName(name))).toBe(hex(Buffer.from(name)));
    expect(fsPath(name)).toBe(name);
  });

  it('brings any bytes back, through strings that UTF-8 can hold', () => {
    const cases = [
      [0x61, 0xe9, 0xff, 0x2e, 0x6a],
      [0xc3], // a sequence cut off
      [0xed, 0xa0, 0x80], // a surrogate in UTF-8, which is not valid
      [0xc0, 0xaf], // an overlong slash
      [0xf4, 0x90, 0x80, 0x80], // above U+10FFFF
      [...Buffer.from('a\uf7e9b\uf780')], // the escape characters themselves
      [0xef, 0x9f, 0xa9, 0xe9],
    ];
    for (let seed = 1; seed < 400; seed++) {
      cases.push(
        Array.from({ length: 12 }, (_, i) => ((seed * 7919 + i * 104729 + seed * i * 31) >> 3) & 255),
      );
    }
    const seen = new Map<string, string>();
    for (const bytes of cases.map((c) => Uint8Array.from(c))) {
      const name = nameOfBytes(bytes);
      expect(name.isWellFormed()).toBe(true);
      expect(Buffer.from(name, 'utf8').toString('utf8')).toBe(name);
      expect(hex(bytesOfName(name))).toBe(hex(bytes));
      expect(seen.get(name) ?? hex(bytes)).toBe(hex(bytes));
      seen.set(name, hex(bytes));
    }
  });

  it('gives node:fs the bytes and people an escape', () => {
    const name = nameOfBytes(Uint8Array.from([0x61, 0xe9]));
    expect(fsPath(name)).toEqual(Buffer.from([0x61, 0xe9]));
    expect(displayName(name)).toBe('a\\xE9');
    expect(displayName('a\nb\x1b')).toBe('a\\nb\\x1b');
  });

  it('isWithin compares whole folder names', () => {
    expect(isWithin('/a/b', '/a/b/c')).toBe(true);
    expect(isWithin('/a/b', '/a/b')).toBe(true);
    expect(isWithin('/a/b', '/a/bc')).toBe(false);
    expect(isWithin('/', '/x')).toBe(true);
  });
});

describe('safe names', () => {
  it.each([
    ['cat', 'cat'],
    ['a/b', 'a%2Fb'],
    ['100%', '100%25'],
    ['CON', '%43ON'],
    ['nul.txt', '%6Eul.txt'],
    ['console', 'console'],
    ['.hidden', '%2Ehidden'],
    ['..', '%2E%2E'],
    ['end. ', 'end.%20'],
    ['what?', 'what%3F'],
    ['line\nbreak', 'line%0Abreak'],
    ['', '%'],
    ['日本語', '日本語'],
    ['a\x9b2Jb', 'a%C2%9B2Jb'],
    ['photo\u202egnp', 'photo%E2%80%AEgnp'],
    ['\u2066a\u2069', '%E2%81%A6a%E2%81%A9'],
    ['חתול\u200f', 'חתול\u200f'],
    ['می\u200cخواهم', 'می\u200cخواهم'],
    ['👨\u200d👩', '👨\u200d👩'],
  ])('%j becomes %j and comes back', (name, safe) => {
    expect(safeName(name)).toBe(safe);
    expect(unsafeName(safe)).toBe(name);
  });

  it('cuts long names to what file systems take, and keeps them apart', () => {
    const a = safeName(`${'ü'.repeat(300)}a`);
    const b = safeName(`${'ü'.repeat(300)}b`);
    expect(Buffer.byteLength(a)).toBeLessThanOrEqual(200);
    expect(a).not.toBe(b);
    expect(safeFileName(`${'x'.repeat(300)}.jpg`)).toMatch(/~[0-9a-f]{12}\.jpg$/);
  });
});
