/** docs/formats.md is what the tables say. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { formatsPage } from '../../scripts/docs/formats-page.ts';
import { forms } from '../../src/main/files/what-it-is.ts';

test('docs/formats.md is what npm run docs writes', () => {
  const page = formatsPage();
  expect(readFileSync(join(import.meta.dirname, '../../docs/formats.md'), 'utf8')).toBe(page);
  for (const { instead } of forms) expect(page.toLowerCase()).toContain(instead.toLowerCase());
});
