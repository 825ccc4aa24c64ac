import { expect, it } from 'vitest';
import { pinnedEnv } from '../../scripts/pinned-node.mjs';
import { lackingNativeEnv } from '../../src/main/runtime/child-env.ts';

it('gives what scripts start the environment that native code needs, whatever was set before', () => {
  expect(lackingNativeEnv(pinnedEnv())).toEqual([]);
  expect(lackingNativeEnv(pinnedEnv({ ORT_DISABLE_TELEMETRY: '0' }))).toEqual([]);
});
