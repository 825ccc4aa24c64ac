/**
 * Owns the loading of ONNX Runtime; nothing else imports onnxruntime-node (scripts/layers.mjs sees to that). The library
 * reads its environment once, while it is loaded, and without ORT_DISABLE_TELEMETRY=1 it then reports to its maker from
 * threads of its own (docs/offline.md). So it is loaded on first use, after the environment was looked at.
 */
import { createRequire } from 'node:module';
import { isMainThread } from 'node:worker_threads';
import { lackingNativeEnv } from './child-env.ts';

export type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
export type OnnxRuntime = typeof import('onnxruntime-node');

const require = createRequire(import.meta.url);

/** Throws where the library would not see, or would not find, what keeps it from the network. */
export function onnxRuntime(): OnnxRuntime {
  const lacking = lackingNativeEnv(process.env);
  if (lacking.length > 0)
    throw new Error(
      `ONNX Runtime is not loaded: this process lacks ${lacking.join(' and ')} in its environment, and the library would report to its maker. Start it through Crux or "npm run", or set it.`,
    );
  // A worker's process.env is a copy, which native code does not see.
  if (!isMainThread)
    throw new Error(
      'ONNX Runtime is not loaded: expected the main thread, and this is a worker, whose environment native code does not see. Run it in a process of its own.',
    );
  return require('onnxruntime-node');
}
