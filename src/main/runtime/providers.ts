/**
 * Owns the choice of the execution provider: each is probed alone, in a child process with a time limit, because
 * a broken driver may throw, hang or end the process.
 */
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { DeviceName, ProviderReport } from '../../shared/domain/settings.ts';
import { runChild } from './child.ts';
import type { Provider } from './runtime.ts';

/** A provider that hangs is given up; one on a busy machine, whose first run compiles its shaders, is not. */
const LIMIT_MS = 120_000;
/** Largest difference to the CPU result that still counts as the same: TF32 and fast maths round more. */
const TOLERANCE = 1e-2;

/** Preference of 'auto'. */
const ORDER: Provider[] = ['cuda', 'dml', 'webgpu', 'cpu'];

/** Why a provider cannot work here, as far as files tell; null: it must be tried. Costs nothing. */
export function ruledOut(provider: Provider): string | null {
  if (provider === 'dml' && process.platform !== 'win32') return 'DirectML exists on Windows only';
  if (provider === 'cuda') {
    if (process.platform === 'darwin') return 'CUDA does not exist on macOS';
    if (!existsSync(cudaLibrary()))
      return 'the CUDA library of ONNX Runtime is not installed; see "GPU" in the README for the one extra step';
  }
  return null;
}

function cudaLibrary(): string {
  const root = dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));
  const file =
    process.platform === 'win32' ? 'onnxruntime_providers_cuda.dll' : 'libonnxruntime_providers_cuda.so';
  return join(root, 'bin', 'napi-v6', process.platform, process.arch, file);
}

/** Whether Linux shows a GPU at all: WebGPU would otherwise run on a software renderer, slower than the CPU. */
function hasGraphicsDevice(): boolean {
  if (process.platform !== 'linux') return true;
  try {
    return readdirSync('/dev/dri').some((name) => name.startsWith('renderD')) || existsSync('/dev/nvidia0');
  } catch {
    return existsSync('/dev/nvidia0');
  }
}

const probes = new Map<Provider, Promise<ProviderReport>>();

/** Probes once per process; the answer is kept. */
export function probeProvider(provider: Provider): Promise<ProviderReport> {
  const known = probes.get(provider);
  if (known) return known;
  const fresh = probe(provider);
  probes.set(provider, fresh);
  return fresh;
}

async function probe(provider: Provider): Promise<ProviderReport> {
  const unusable = (reason: string): ProviderReport => ({
    provider,
    usable: false,
    maxAbsDiff: null,
    ms: null,
    reason,
  });
  const reason = ruledOut(provider);
  if (reason) return unusable(reason);
  const outcome = await runChild('probe-child', [provider], LIMIT_MS);
  if (!outcome.ok) return unusable(outcome.reason);
  const { maxAbsDiff, ms } = JSON.parse(outcome.stdout) as { maxAbsDiff: number; ms: number };
  if (!(maxAbsDiff <= TOLERANCE)) {
    return {
      provider,
      usable: false,
      maxAbsDiff,
      ms,
      reason: `its results differ from the CPU's by ${maxAbsDiff}`,
    };
  }
  return { provider, usable: true, maxAbsDiff, ms, reason: 'works' };
}

/**
 * auto: the first usable of cuda, dml, webgpu, cpu. Anything else: exactly that one, or an error that says why not.
 * On a machine without a GPU 'auto' answers at once.
 */
export async function chooseProvider(device: DeviceName): Promise<Provider> {
  if (device === 'cpu') return 'cpu';
  if (device !== 'auto') {
    const report = await probeProvider(device);
    if (report.usable) return device;
    throw new Error(`device ${device} cannot be used: ${report.reason}; choose auto or cpu`);
  }
  for (const provider of ORDER) {
    if (provider === 'cpu') return 'cpu';
    if (ruledOut(provider) || (provider === 'webgpu' && !hasGraphicsDevice())) continue;
    if ((await probeProvider(provider)).usable) return provider;
  }
  return 'cpu';
}
