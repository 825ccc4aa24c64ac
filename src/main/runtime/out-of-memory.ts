/**
 * Owns telling a lack of memory from any other failure, and what to say about it. Every provider has its own words;
 * this is the one list of them.
 */
import type { RuntimeOptions } from './runtime.ts';

/** Of ONNX Runtime's arena, C++, CUDA and its libraries, DirectML, WebGPU's Dawn, and V8. */
const signs = [
  /failed to allocate memory/i,
  /bad[_ ]alloc|bad_array_new_length/i,
  /out of memory|OUT_OF_MEMORY|E_OUTOFMEMORY/i,
  /(CUBLAS|CUDNN|CUFFT)_STATUS_ALLOC_FAILED/,
  /8007000E|not enough memory/i,
  /array buffer allocation failed/i,
];

/**
 * A sentence for the person whose job ran out of memory; null: it failed for another reason.
 * @param params the job's parameters: what of them takes memory is named.
 */
export function memoryAdvice(
  error: unknown,
  { provider, lowMemory }: RuntimeOptions,
  params: Readonly<Record<string, unknown>>,
): string | null {
  const message = error instanceof Error ? error.message : String(error);
  if (!signs.some((sign) => sign.test(message))) return null;
  const asked = /requested buffer of size (\d+)/.exec(message);
  const what = asked ? ` (${inGigabytes(Number(asked[1]))} were asked for at once)` : '';
  return `not enough memory on ${provider}${what}; try ${list(waysToSave({ provider, lowMemory }, params))}`;
}

/** What a person can change so that a job takes less memory, the best first. */
export function waysToSave(
  { provider, lowMemory }: Pick<RuntimeOptions, 'provider' | 'lowMemory'>,
  params: Readonly<Record<string, unknown>>,
): string[] {
  const ways: string[] = [];
  if (typeof params.batchSize === 'number' && params.batchSize > 1) {
    ways.push(`a smaller batch than ${params.batchSize}`);
  }
  if ('size' in params) ways.push('smaller pictures');
  if (params.gradientCheckpointing === false) ways.push('gradient checkpointing');
  if (!lowMemory) ways.push('Memory: Low in the settings');
  ways.push(provider === 'cpu' ? 'a smaller model' : 'the CPU as the device');
  return ways;
}

export const inGigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(bytes < 1e10 ? 1 : 0)} GB`;
export const list = (ways: readonly string[]): string =>
  ways.length === 1 ? ways[0] : `${ways.slice(0, -1).join(', ')} or ${ways[ways.length - 1]}`;
