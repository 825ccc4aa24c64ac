/**
 * The installed program: packed as it ships (around an empty Electron), unpacked, and run. Shows that nothing
 * in it needs the repository: bundles, native packages, models and the Node binary of the engine come along.
 */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { extractAll, getRawHeader } from '@electron/asar';
import { FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { testIds } from '../../src/renderer/test-ids.ts';
import { openStored } from './catalog.ts';
import { launchCrux, root } from './launch.ts';
import { writeShapes } from './shapes.ts';

const scratch = mkdtempSync(join(tmpdir(), 'crux-package-'));
const resources = join(scratch, 'out/linux-unpacked/resources');
const program = join(scratch, 'program');
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** What Electron's binary holds of its fuses, each as it is delivered: the mark, a version, how many, their states. */
const deliveredFuses = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX\x01\x09101100011';

/** What electron-builder wants to find of Electron; none of it is run. */
function emptyElectron(): string {
  const folder = join(scratch, 'electron');
  mkdirSync(join(folder, 'locales'), { recursive: true });
  mkdirSync(join(folder, 'resources'));
  for (const name of [
    'electron',
    'LICENSE',
    'LICENSES.chromium.html',
    'chrome-sandbox',
    'version',
    'locales/en-US.pak',
  ])
    writeFileSync(join(folder, name), name === 'electron' ? `...${deliveredFuses}...` : '');
  chmodSync(join(folder, 'electron'), 0o755);
  return folder;
}

const onLinux = process.platform === 'linux' && process.env.ELECTRON_EXE === undefined;
if (!onLinux) console.warn('skipped: the packed program (it is tried on Linux, in the stand-in)');

beforeAll(() => {
  if (!onLinux) return;
  const builder = join(root, 'node_modules/electron-builder/cli.js');
  const options = ['--dir', '--linux', '--publish', 'never', '--config', 'electron-builder.yml'];
  const overrides = [`-c.electronDist=${emptyElectron()}`, `-c.directories.output=${join(scratch, 'out')}`];
  const run = spawnSync(process.execPath, [builder, ...options, ...overrides], {
    cwd: root,
    encoding: 'utf8',
  });
  if (run.status !== 0) throw new Error(`electron-builder: ${run.stderr}\n${run.stdout}`);
  extractAll(join(resources, 'app.asar'), program);
});

it.runIf(onLinux)('carries what it needs, and no more', () => {
  expect(existsSync(join(resources, 'app.asar.unpacked/out/main/engine.mjs'))).toBe(true);
  for (const name of [
    'src',
    'test',
    'docs',
    'node_modules/react',
    'node_modules/zod',
    'node_modules/electron',
  ])
    expect(existsSync(join(program, name)), name).toBe(false);
});

it.runIf(onLinux)('has the fuses of docs/security.md', async () => {
  const { version, ...wire } = await getCurrentFuseWire(join(scratch, 'out/linux-unpacked/crux'));
  const states = Object.entries(wire as Record<number, number>).map(([i, state]) => [
    FuseV1Options[Number(i)] ?? i,
    String.fromCharCode(state) === '1',
  ]);
  expect(version).toBe('1');
  expect(Object.fromEntries(states)).toEqual({
    RunAsNode: false,
    EnableCookieEncryption: true,
    EnableNodeOptionsEnvironmentVariable: false,
    EnableNodeCliInspectArguments: false,
    EnableEmbeddedAsarIntegrityValidation: true,
    OnlyLoadAppFromAsar: true,
    LoadBrowserProcessSpecificV8Snapshot: false,
    GrantFileProtocolExtraPrivileges: false,
    8: true, // WasmTrapHandlers, as delivered: this version of the tool does not know it
  });
});

it.runIf(onLinux)('runs in Electron only what lies in the archive, with its hash', () => {
  const { header } = getRawHeader(join(resources, 'app.asar'));
  const packed = (path: string) => {
    const entry = path
      .split('/')
      .reduce((folder, name) => (folder as { files: Record<string, object> }).files[name], header as object);
    const { unpacked = false, integrity } = entry as { unpacked?: boolean; integrity?: { hash: string } };
    return { unpacked, hashed: /^[0-9a-f]{64}$/.test(integrity?.hash ?? '') };
  };
  const scripts = readdirSync(join(program, 'out'), { recursive: true, encoding: 'utf8' }).filter((file) =>
    /^(main|preload)\/.*\.cjs$|^renderer\/.*\.(html|js|css)$/.test(file),
  );
  expect(scripts).toEqual(
    expect.arrayContaining(['main/index.cjs', 'preload/index.cjs', 'renderer/index.html']),
  );
  for (const file of ['package.json', ...scripts.map((script) => `out/${script}`)])
    expect(packed(file), file).toEqual({ unpacked: false, hashed: true });
});

it.runIf(onLinux)('has beside the archive all that plain Node needs', () => {
  const node = join(resources, 'node/node');
  const cli = join(resources, 'app.asar.unpacked/out/main/cli.mjs');
  const catalog = join(scratch, 'catalog of the command line');
  const run = spawnSync(node, [cli, 'models', 'list', '--catalog', catalog, '--json'], {
    encoding: 'utf8',
    env: {},
  });
  expect(run.stderr).toBe('');
  expect(JSON.parse(run.stdout)).toMatchObject({ models: Array(3).fill({ usable: true }) });
});

it.runIf(onLinux)('runs by itself: window, engine on its own Node, pictures', async () => {
  const crux = await launchCrux({
    program,
    env: { CRUX_STANDIN_PACKAGED: '1', CRUX_STANDIN_RESOURCES: resources },
  });
  const stored = openStored(crux.catalog);
  try {
    await writeShapes(join(crux.scratch, 'shapes'), 6);
    await crux.answerDialog(join(crux.scratch, 'shapes'));
    const at = (id: string) => crux.page.getByTestId(id);
    await expect.poll(() => at(testIds.engineState).textContent()).toMatch(/ready/i);
    const pid = crux.app.process().pid;
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
    const programs = children.map((child) => readlinkSync(`/proc/${child}/exe`));
    expect(programs).toContain(join(resources, 'node/node'));

    await at(testIds.importFolder).click();
    await at(testIds.importStart).click();
    expect(await stored.jobDone('import')).toMatchObject({ imported: 18, skipped: 0 });
    await at(testIds.nav('browse')).click();
    await expect
      .poll(() =>
        at(testIds.tile)
          .first()
          .locator('img')
          .evaluate((i: HTMLImageElement) => i.naturalWidth),
      )
      .toBeGreaterThan(0);
  } finally {
    stored.close();
    await crux.close();
  }
});
