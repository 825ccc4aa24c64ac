/** Inspections for which no process can be started: they fail in words, once, and nothing serves them later. */
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { InspectionError, inspect } from '../../../src/main/engine/inspector.ts';
import { forkChild } from '../../../src/main/runtime/child.ts';
import { tempFolder } from '../support/catalogs.ts';
import { writeClassifier } from '../support/pictures.ts';

vi.mock('../../../src/main/runtime/child.ts', async (original) => {
  const real = await original<typeof import('../../../src/main/runtime/child.ts')>();
  return { ...real, forkChild: vi.fn(real.forkChild) };
});

test('one that got no process is over', async () => {
  const path = writeClassifier(join(tempFolder(), 'm.onnx'));
  vi.mocked(forkChild).mockImplementationOnce(() => {
    throw new Error('spawn ENOMEM');
  });
  await expect(inspect('model.check', { path })).rejects.toThrow(
    expect.objectContaining({ name: InspectionError.name, message: 'spawn ENOMEM' }),
  );
  expect(await inspect('model.check', { path })).toMatchObject({ usable: true });
  expect(forkChild).toHaveBeenCalledTimes(2); // a third would have served the first
});
