/** What is said of a full disk whose room the system does not tell, as some network drives do not. */
import * as fs from 'node:fs';
import { expect, it, vi } from 'vitest';
import { ownFault } from '../../../src/main/catalog/index.ts';

vi.mock('node:fs', async (original) => {
  const real = await original<typeof fs>();
  return { ...real, statfsSync: vi.fn(() => ({ blocks: 0, bavail: 0, bsize: 4096 })) };
});

it('claims no figure', () => {
  const error = Object.assign(new Error('ENOSPC: some words'), { code: 'ENOSPC' });
  expect(ownFault(error, ['/far'], 5e6)?.message).toBe('disk is full: /far, about 5.0 MB needed');
  expect(fs.statfsSync).toHaveBeenCalled();
});
