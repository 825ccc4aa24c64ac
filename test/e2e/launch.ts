/**
 * Owns starting the built program as a person would, for specs: on real Electron where ELECTRON_EXE names
 * it, on the stand-in elsewhere. Both are driven through Playwright's public interface only.
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { _electron, type ElectronApplication, type Page } from 'playwright-core';
import type { CruxBridge } from '../../src/shared/contract.ts';
import type { PathPurpose } from '../../src/shared/paths.ts';
import { patience } from '../patience.ts';
import type { Watch } from './watch.ts';

export const root = dirname(dirname(import.meta.dirname));
const standin = join(root, 'test/standin/electron-standin.ts');

export interface LaunchOptions {
  /** An existing catalog folder; absent: an empty one that is deleted at the end. */
  catalog?: string;
  /** Folder of the program: the repository, or an unpacked package. */
  program?: string;
  env?: Record<string, string>;
  /** Sees what the program does, from its first process on. */
  watch?: Watch;
  /** More of Electron's or Chromium's switches. */
  switches?: string[];
  width?: number;
  height?: number;
}

export interface Crux {
  app: ElectronApplication;
  page: Page;
  catalog: string;
  /** A folder of this run, deleted with it. */
  scratch: string;
  /** What main wrote to standard error, without the debugger's lines. */
  errors(): string;
  /** The next open or save dialog answers with this path; null: it is cancelled. */
  answerDialog(path: string | null): Promise<void>;
  /** The token of a path that a person chose in a dialog, as the page gets it. */
  choose(purpose: PathPurpose, path: string): Promise<string>;
  /** Whether a dialog has been opened since `answerDialog`. */
  dialogOpened(): Promise<boolean>;
  /** Chooses an item of the native menu. */
  chooseMenu(id: string): Promise<void>;
  close(): Promise<void>;
}

function executable(): { path: string; env: Record<string, string> } {
  const real = process.env.ELECTRON_EXE;
  if (real !== undefined) return { path: real, env: {} };
  const chromium = process.env.CRUX_CHROMIUM ?? '/usr/bin/chromium';
  if (!existsSync(chromium))
    throw new Error(
      `e2e: no Chromium at ${chromium}; install it (apt-get install chromium), set CRUX_CHROMIUM, or set ELECTRON_EXE to a real Electron`,
    );
  // The stand-in's first line asks for `node`: it must find the Node that runs this spec.
  const separator = process.platform === 'win32' ? ';' : ':';
  return {
    path: standin,
    env: { PATH: `${dirname(process.execPath)}${separator}${process.env.PATH ?? ''}` },
  };
}

/** A program that is `path` under watch: a driver starts programs by one path. */
function watched(path: string, watch: Watch, scratch: string): string {
  const command = watch.command([path]);
  if (command.length === 1) return path;
  const program = join(scratch, 'watched');
  const words = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`);
  writeFileSync(program, `#!/bin/sh\nexec ${words.join(' ')} "$@"\n`, { mode: 0o755 });
  return program;
}

const inherited = (watch?: Watch): Record<string, string> => {
  const env = watch?.env() ?? ({ ...process.env } as Record<string, string>);
  // What vitest sets for its own workers would change how the program runs.
  for (const name of ['NODE_ENV', 'VITEST', 'VITEST_MODE', 'NODE_OPTIONS', 'TEST', 'CRUX_CATALOG'])
    delete env[name];
  return env;
};

export async function launchCrux(options: LaunchOptions = {}): Promise<Crux> {
  const program = options.program ?? root;
  if (!existsSync(join(program, 'out/renderer/index.html')))
    throw new Error('e2e: the program is not built; run "npm run build" first');
  const scratch = mkdtempSync(join(tmpdir(), 'crux-e2e-'));
  const catalog = options.catalog ?? join(scratch, 'catalog');
  const { path, env } = executable();
  const app = await _electron.launch({
    executablePath: options.watch ? watched(path, options.watch, scratch) : path,
    args: [
      program,
      '--catalog',
      catalog,
      `--user-data-dir=${join(scratch, 'user-data')}`,
      ...(options.switches ?? []),
    ],
    env: { ...inherited(options.watch), ...env, ...options.env },
    timeout: patience.waitMs,
  });
  let closed = false;
  let stderr = '';
  app.process().stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  const page = await app.firstWindow();
  page.setDefaultTimeout(patience.waitMs);
  if (options.width !== undefined && options.height !== undefined)
    await page.setViewportSize({ width: options.width, height: options.height });
  await page.waitForURL(/\/index\.html/, { waitUntil: 'load' }); // a window begins at about:blank

  const debuggerLines = /^(Debugger|DevTools|For help|Waiting for the debugger|\s*$).*\n?/gm;
  const answerDialog = (answer: string | null): Promise<void> =>
    app.evaluate(({ dialog }, chosen) => {
      const canceled = chosen === null;
      const seen = globalThis as { dialogOpened?: boolean };
      seen.dialogOpened = false;
      dialog.showOpenDialog = async () => {
        seen.dialogOpened = true;
        return { canceled, filePaths: canceled ? [] : [chosen] };
      };
      dialog.showSaveDialog = async () => {
        seen.dialogOpened = true;
        return { canceled, filePath: chosen ?? '' };
      };
    }, answer);
  return {
    app,
    page,
    catalog,
    scratch,
    errors: () => stderr.replace(debuggerLines, ''),
    answerDialog,
    async choose(purpose, path) {
      await answerDialog(path);
      return page.evaluate(async (asked) => {
        const { crux } = globalThis as unknown as { crux: CruxBridge };
        const answer = await crux.request('dialog.choose', { purpose: asked });
        if (!answer.ok || answer.value === null) throw new Error(`nothing was chosen as ${asked}`);
        return answer.value.token;
      }, purpose);
    },
    dialogOpened: () => app.evaluate(() => (globalThis as { dialogOpened?: boolean }).dialogOpened === true),
    chooseMenu: (id) =>
      app.evaluate(({ Menu }, item) => Menu.getApplicationMenu()?.getMenuItemById(item)?.click(), id),
    close: async () => {
      if (closed) return;
      closed = true;
      await app.close();
      rmSync(scratch, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
