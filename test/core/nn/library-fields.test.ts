/** Every field that today's libraries write is read, of no effect, or refused by name: their own lists are walked. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { autoencoderKlConfig } from '../../../src/core/nn/autoencoder-kl.ts';
import { clipTextConfig } from '../../../src/core/nn/clip-text.ts';
import {
  autoencoderFields,
  clipTextFields,
  type FieldTable,
  unetFields,
} from '../../../src/core/nn/library-fields.ts';
import { unet2dConditionConfig } from '../../../src/core/nn/unet-2d-condition.ts';
import { textConfig, unetConfig, vaeConfig } from './stable-diffusion-1.ts';

const { fields } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../fixtures/library-lists.json'), 'utf8'),
) as { fields: Record<string, Record<string, unknown>> };

const networks: [string, FieldTable, (json: unknown) => object, object][] = [
  ['UNet2DConditionModel', unetFields, unet2dConditionConfig, unetConfig],
  ['AutoencoderKL', autoencoderFields, autoencoderKlConfig, vaeConfig],
  ['CLIPTextModel', clipTextFields, clipTextConfig, textConfig],
];

describe.each(networks)('the fields of %s', (network, table, read, base) => {
  const listed = Object.entries(fields[network]);
  const no = { part: 'of anything' };

  it('are in the table, and no others', () => {
    expect(
      Object.keys(table)
        .filter((name) => name !== '_class_name')
        .sort(),
    ).toEqual(listed.map(([name]) => name).sort());
  });

  it.each(listed)('%s does what the table says', (name, otherwise) => {
    const given = () => read({ ...base, [name]: no });
    if (table[name] === 'no effect') {
      expect(given()).toEqual(read(base));
      return;
    }
    expect(given).toThrow(`config: ${name} is {"part":"of anything"}, expected`);
    // What the library writes where nobody says otherwise.
    if (table[name] !== 'read' && !(name in base) && !Array.isArray(otherwise))
      expect(() => read({ ...base, [name]: otherwise })).not.toThrow();
  });
});
