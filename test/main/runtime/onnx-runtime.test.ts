/** No way of starting a process loads ONNX Runtime without what keeps it from the network. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { childEnv, lackingNativeEnv } from '../../../src/main/runtime/child-env.ts';
import nativeEnv from '../../../src/main/runtime/native-env.json' with { type: 'json' };
import { probeProvider } from '../../../src/main/runtime/providers.ts';

const root = join(import.meta.dirname, '../../..');
const home = mkdtempSync(join(tmpdir(), 'crux-runtime-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const file = JSON.stringify(join(root, 'src/main/runtime/onnx-runtime.ts'));
const library = /onnxruntime_binding\.node/;
/** Loads the library in a process of its own, and says whether it was refused and whether it is in memory after all. */
const load = (env: NodeJS.ProcessEnv, source = '') =>
  spawnSync(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      source ||
        `const { onnxRuntime } = await import(${file});
         try { onnxRuntime(); } catch (error) { console.log(error.message); }
         console.log(JSON.stringify(process.report.getReport().sharedObjects));`,
    ],
    { encoding: 'utf8', env: { ...env, HOME: home, TMPDIR: home } },
  ).stdout;
const without = (): NodeJS.ProcessEnv => {
  const env = { ...process.env };
  for (const name of Object.keys(nativeEnv)) delete env[name];
  return env;
};

describe('loading ONNX Runtime', () => {
  it('is refused without the declared environment, before the library is in memory', () => {
    for (const env of [without(), { ...without(), ORT_DISABLE_TELEMETRY: '0' }]) {
      const said = load(env);
      expect(said).toContain('this process lacks ORT_DISABLE_TELEMETRY=1 in its environment');
      expect(said).not.toMatch(library);
    }
  });

  it('is refused in a worker, whose environment native code does not see', () => {
    const said = load(
      without(),
      `import { Worker } from 'node:worker_threads';
       const worker = new Worker(
         \`process.env.ORT_DISABLE_TELEMETRY = '1';
          import(\${JSON.stringify(${file})}).then(({ onnxRuntime }) => onnxRuntime()).catch((e) => console.log(e.message));\`,
         { eval: true },
       );`,
    );
    expect(said).toContain('expected the main thread');
  });

  it('succeeds in what the supervisor and the scripts start, whatever the caller has set', () => {
    for (const base of [without(), { ...without(), ORT_DISABLE_TELEMETRY: '0' }])
      expect(load(childEnv(base))).toMatch(library);
    expect(existsSync(join(home, '.cache')) || existsSync(join(home, 'Library'))).toBe(false);
  });
});

describe('the declaration', () => {
  it('holds in this test runner, however it was started', () => {
    expect(lackingNativeEnv(process.env)).toEqual([]);
    expect(lackingNativeEnv({})).toEqual(['ORT_DISABLE_TELEMETRY=1']);
  });

  it('reaches the children that the engine asks, from a process without it', async () => {
    for (const name of Object.keys(nativeEnv)) vi.stubEnv(name, undefined);
    try {
      expect(await probeProvider('cpu')).toMatchObject({ usable: true, reason: 'works' });
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it('names what the installed library reads', () => {
    if (process.platform === 'win32') return; // it reads none there: docs/offline.md
    const folder = join(root, 'node_modules/onnxruntime-node/bin/napi-v6', process.platform, process.arch);
    const name = process.platform === 'darwin' ? 'libonnxruntime.1.dylib' : 'libonnxruntime.so.1';
    const bytes = readFileSync(join(folder, name));
    for (const variable of Object.keys(nativeEnv)) expect(bytes.includes(variable), variable).toBe(true);
  });
});
