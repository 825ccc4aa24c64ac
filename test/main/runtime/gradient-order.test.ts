/**
 * A step's gradients are finished as backward reaches them: ONNX Runtime's own record of a run says when. Otherwise a
 * convolutional network's backward holds every map until the end.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { backward } from '../../../src/core/graph/backward.ts';
import { encodeGraph } from '../../../src/core/graph/emit.ts';
import * as f from '../../../src/core/graph/functions.ts';
import { unfused } from '../../../src/core/graph/fused.ts';
import { input, numel } from '../../../src/core/graph/value.ts';
import { paramsOf, trainableSource } from '../../../src/core/nn/params.ts';
import { resnet } from '../../../src/core/nn/resnet.ts';
import { onnxRuntime } from '../../../src/main/runtime/onnx-runtime.ts';

test.each([false, true])(
  'weight gradients lie between the cotangents they wait for, recomputing %s',
  async (recompute) => {
    const image = input('image', [2, 3, 32, 32]);
    const source = trainableSource();
    const { logits } = resnet(
      paramsOf(source),
      {
        in_channels: 3,
        stem: 'imagenet',
        block: 'bottleneck',
        widths: [4, 8, 16],
        depths: [1, 1, 1],
        num_classes: 3,
      },
      image,
      false,
    );
    const leaves = [...source.parameters].filter(([name]) => !/running_/.test(name));
    const targets = input('targets', [2, 3]);
    const loss = f.crossEntropy(logits, targets);
    const gradients = backward(
      loss,
      leaves.map(([, v]) => v),
      { recompute },
    );
    const outputs = Object.fromEntries(leaves.map(([name], i) => [`gradient ${name}`, gradients[i]]));
    const { bytes } = encodeGraph({ loss, ...outputs }, { fused: unfused, ordered: true });

    const folder = mkdtempSync(join(tmpdir(), 'crux-order-'));
    const { InferenceSession, Tensor } = onnxRuntime();
    const session = await InferenceSession.create(bytes, {
      logSeverityLevel: 3,
      enableProfiling: true,
      profileFilePrefix: join(folder, 'run'),
    });
    const feeds = Object.fromEntries(
      [image, targets, ...source.parameters.values()].map((v) => [
        (v as { name: string }).name,
        new Tensor('float32', new Float32Array(numel(v.shape)).fill(0.1), v.shape),
      ]),
    );
    await session.run(feeds);
    session.endProfiling();
    const [record] = readdirSync(folder);
    const events = JSON.parse(readFileSync(join(folder, record), 'utf8')) as {
      name: string;
      args?: { op_name?: string };
    }[];
    rmSync(folder, { recursive: true });
    const ops = events.filter(({ name }) => name.endsWith('_kernel_time')).map(({ args }) => args!.op_name);
    const places = (op: string) => ops.flatMap((name, i) => (name === op ? [i] : []));
    // What the convolutions' inputs get, and the products that make their weights' gradients.
    const [cotangents, products] = [places('ConvTranspose'), places('Gemm')];
    expect(cotangents.length).toBeGreaterThan(8);
    // Only the first convolution's weight, of 7x7 taps, has to wait for the last cotangent.
    expect(products.filter((at) => at > cotangents.at(-1)!).length).toBeLessThanOrEqual(49);
    expect(products.length).toBeGreaterThan(80);
    await session.release();
  },
);
