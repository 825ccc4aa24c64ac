/** What a job leaves behind when it ends badly. */
import { expect, it } from 'vitest';
import { encodeGraph } from '../../../src/core/graph/emit.ts';
import * as f from '../../../src/core/graph/functions.ts';
import { input } from '../../../src/core/graph/value.ts';
import { openSession, type Session } from '../../../src/main/runtime/runtime.ts';

it('a session is known to its owner from its opening to its closing', async () => {
  const opened = new Set<Session>();
  const { bytes } = encodeGraph({ y: f.mul(input('x', [2]), 2) });
  const session = await openSession(bytes, { provider: 'cpu', threads: 1, opened });
  expect([...opened]).toEqual([session]);
  await session.close();
  expect(opened.size).toBe(0);
  await expect(session.run({ x: { dims: [2], data: Float32Array.of(1, 2) } })).rejects.toThrow();
});
