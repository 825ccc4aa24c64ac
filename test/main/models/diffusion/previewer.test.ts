/** When a picture in the making is decoded, when it is only mapped, and that neither takes much of the time. */
import { expect, it } from 'vitest';
import { createPreviewer } from '../../../../src/main/models/diffusion/previewer.ts';

const side = 4;
const size = 8;
const latents = new Float32Array(4 * side * side).map((_, k) => Math.sin(k));

/** A decoder that takes `cost` milliseconds, on a clock that the test turns. */
function setUp(cost: number) {
  let now = 0;
  let decoded = 0;
  const decoder = {
    async decode() {
      now += cost;
      decoded++;
      return new Uint8Array(3 * size * size).fill(100);
    },
    close: async () => {},
  };
  const previewer = createPreviewer(decoder, side, size, () => now);
  return {
    previewer,
    wait: (ms: number) => {
      now += ms;
    },
    /** Looks at every step of a run; its widths, and the share of the time that decoding took. */
    async run(steps: number, stepMs: number) {
      const start = now;
      const before = decoded;
      const widths: number[] = [];
      for (let i = 0; i < steps; i++) {
        now += stepMs;
        const picture = await previewer.look(latents);
        if (picture) widths.push(picture.width);
      }
      return { widths, share: ((decoded - before) * cost) / (now - start) };
    },
  };
}

it('a quick decoder is used for every look, about every 700 ms', async () => {
  const { widths, share } = await setUp(5).run(100, 100);
  expect(new Set(widths)).toEqual(new Set([size]));
  expect(widths.length).toBeGreaterThan(11);
  expect(widths.length).toBeLessThan(15);
  expect(share).toBeLessThan(0.02);
});

it('a slow one is used at most a tenth of the time before anything is finished', async () => {
  const slow = setUp(20_000);
  expect((await slow.run(200, 6000)).share).toBeLessThan(0.11);
});

it('and not at all once a finished picture has shown what latents look like', async () => {
  const slow = setUp(20_000);
  await slow.previewer.decode(latents);
  const { widths, share } = await slow.run(50, 6000);
  expect(share).toBe(0);
  expect(widths).toEqual(Array(50).fill(side));
  slow.wait(1000);
  // The map is fitted to a plain grey picture.
  expect([...(await slow.previewer.look(latents))!.rgb.subarray(0, 3)]).toEqual([100, 100, 100]);
});

it('no look follows another at once', async () => {
  const { previewer, wait } = setUp(1);
  expect(await previewer.look(latents)).toBeNull();
  wait(800);
  expect(await previewer.look(latents)).not.toBeNull();
  expect(await previewer.look(latents)).toBeNull();
});
