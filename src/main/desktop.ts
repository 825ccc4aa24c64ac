/**
 * Owns the requests that only a desktop can answer: native dialogs, the file manager, and what runs here.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { app, type BrowserWindow, dialog, shell } from 'electron';
import type { Job } from '../shared/jobs.ts';
import { type Catalog, CatalogError, getJob } from './catalog/index.ts';
import type { EngineSupervisor } from './jobs/index.ts';
import type { WindowRequests } from './requests.ts';

interface Desktop {
  catalog: Catalog;
  supervisor: EngineSupervisor;
  /** The window that dialogs belong to. */
  window(): BrowserWindow;
}

export function windowRequests({ catalog, supervisor, window }: Desktop): WindowRequests {
  const chosen = ({ canceled, filePaths }: { canceled: boolean; filePaths: string[] }) =>
    canceled ? null : (filePaths[0] ?? null);
  return {
    'app.info': () => ({
      version: app.getVersion(),
      catalog: catalog.dir,
      engine: supervisor.state,
      engineMessage: supervisor.message,
      platform: process.platform,
    }),
    'dialog.openFolder': async ({ title }) =>
      chosen(await dialog.showOpenDialog(window(), { title, properties: ['openDirectory'] })),
    'dialog.openFile': async ({ title, extensions }) =>
      chosen(
        await dialog.showOpenDialog(window(), {
          title,
          properties: ['openFile'],
          filters: extensions.length > 0 ? [{ name: extensions.join(', '), extensions }] : [],
        }),
      ),
    'dialog.saveFolder': async ({ title, defaultName }) => {
      const { canceled, filePath } = await dialog.showSaveDialog(window(), {
        title,
        defaultPath: join(app.getPath('documents'), defaultName),
        properties: ['createDirectory'],
      });
      return canceled || filePath === '' ? null : filePath;
    },
    'shell.showItem': ({ jobId }) => {
      // Only what a job of this catalog made: the page names a job, never a path.
      const made = madeBy(catalog, getJob(catalog, jobId));
      if (made === null)
        throw new CatalogError(
          'invalid',
          `job ${jobId} is no finished export or report; there is nothing to show`,
        );
      if (!existsSync(made))
        throw new CatalogError('not-found', `${made} is not there any more; export or check again`);
      shell.showItemInFolder(made);
      return null;
    },
  };
}

/** What a finished job has made for a person to find: an export's folder, or a report's page or file. */
function madeBy(catalog: Catalog, { kind, state, params, result }: Job): string | null {
  if (state !== 'done') return null;
  const path = (value: unknown) => (typeof value === 'string' ? value : null);
  if (kind === 'export') return path(params.out);
  if (kind !== 'control' && kind !== 'hard-factors') return null;
  const file = path(result?.page) ?? path(result?.file);
  return file === null ? null : catalog.file(file);
}
