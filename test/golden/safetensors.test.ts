/** The program's safetensors reader on every file of the oracle, against the tests' own minimal reader. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openSafetensors } from '../../src/main/files/safetensors.ts';
import { goldenPath, hasGolden, readSafetensors } from './read-safetensors.ts';

describe.skipIf(!hasGolden())('safetensors files of the oracle', () => {
  it('open, and hold the same values at the same places', () => {
    const files = readdirSync(goldenPath(), { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.safetensors'),
    );
    expect(files.length).toBeGreaterThan(0);
    for (const name of files) {
      const path = goldenPath(name);
      const open = openSafetensors(path);
      const bytes = readFileSync(path);
      const wanted = readSafetensors(path);
      expect(Object.keys(wanted).length, name).toBeGreaterThan(0);
      for (const [tensor, { shape, data }] of Object.entries(wanted)) {
        const place = open.tensors.get(tensor)!;
        expect(place.shape, `${name} ${tensor}`).toEqual(shape);
        const same = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
        expect(Buffer.from(open.read(tensor).buffer).equals(same), `${name} ${tensor}`).toBe(true);
        const inFile = bytes.subarray(place.offset, place.offset + place.length);
        expect(inFile.equals(same), `${name} ${tensor}: at its offset`).toBe(true);
      }
      open.close();
    }
  });
});
