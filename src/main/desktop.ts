/**
 * Owns the requests that only a desktop can answer: native dialogs, the file manager, and what runs here.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { app, type BrowserWindow, dialog, shell } from 'electron';
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
      // Only what an export of this catalog made: the page names a job, never a path.
      const { kind, state, params } = getJob(catalog, jobId);
      const folder = kind === 'export' && state === 'done' ? params.out : undefined;
      if (typeof folder !== 'string')
        throw new CatalogError('invalid', `job ${jobId} is no finished export; there is no folder to show`);
      if (!existsSync(folder))
        throw new CatalogError('not-found', `${folder} is not there any more; export again`);
      shell.showItemInFolder(folder);
      return null;
    },
  };
}
