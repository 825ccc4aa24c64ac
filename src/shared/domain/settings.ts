/** Owns the program's settings and the devices that they choose from. */
import { z } from 'zod';
import { pathFor } from '../paths.ts';

export const deviceName = z.enum(['auto', 'cpu', 'cuda', 'dml', 'webgpu']);
export type DeviceName = z.infer<typeof deviceName>;

export const providerReport = z.object({
  provider: z.enum(['cuda', 'dml', 'webgpu', 'cpu']),
  usable: z.boolean(),
  /** Largest difference to the CPU result on the probe; null when it did not run. */
  maxAbsDiff: z.number().nullable(),
  ms: z.number().nullable(),
  reason: z.string(), // why not, or what it is
});
export type ProviderReport = z.infer<typeof providerReport>;

export const settings = z.object({
  theme: z.enum(['system', 'dark', 'light']),
  device: deviceName,
  modelsFolder: pathFor('models-folder').nullable(),
  threads: z.int().min(0).max(256), // 0: the runtime's choice
  /** Weights are mapped, not repacked: slower, far less memory. */
  lowMemory: z.boolean(),
  /** Noise is predicted in float16 while generating, on a GPU; the CPU always computes in float32. */
  halfPrecision: z.boolean(),
});
export type Settings = z.infer<typeof settings>;
