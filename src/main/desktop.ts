/**
 * Owns the requests that only a desktop can answer: native dialogs, the file manager, and what runs here.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { app, type BrowserWindow, dialog, shell } from 'electron';
import type { Job } from '../shared/jobs/job.ts';
import { manifestEndings, type PathPurpose } from '../shared/paths.ts';
import { type Catalog, CatalogError, getJob } from './catalog/index.ts';
import { safeName } from './files/safe-names.ts';
import type { EngineSupervisor } from './jobs/index.ts';
import type { PathTokens } from './path-tokens.ts';
import type { WindowRequests } from './requests.ts';

interface Desktop {
  catalog: Catalog;
  supervisor: EngineSupervisor;
  paths: PathTokens;
  /** The window that dialogs belong to. */
  window(): BrowserWindow;
}

interface Dialog {
  title: string;
  /** new-folder: one that does not exist yet. */
  choose: 'file' | 'folder' | 'new-folder';
  /** Of a file. */
  extensions?: string[];
}

/** The words are ours, not the page's: nobody can be asked for a file under a false name. */
const dialogs: Record<PathPurpose, Dialog> = {
  'dataset-folder': { choose: 'folder', title: 'Choose a folder of labelled images' },
  manifest: { choose: 'file', title: 'Choose a manifest', extensions: [...manifestEndings] },
  'model-file': { choose: 'file', title: 'Choose a model file', extensions: ['onnx', 'safetensors'] },
  'model-folder': { choose: 'folder', title: 'Choose the folder of a model' },
  'models-folder': { choose: 'folder', title: 'Choose your models folder' },
  lora: { choose: 'file', title: 'Choose a LoRA', extensions: ['safetensors'] },
  embedding: { choose: 'file', title: 'Choose a textual inversion', extensions: ['safetensors'] },
  factors: { choose: 'file', title: 'Choose the factors of the real images', extensions: ['jsonl'] },
  'export-folder': { choose: 'new-folder', title: 'Choose where to export' },
};

/** null: cancelled. */
async function choose(window: BrowserWindow, asked: Dialog, name = 'export'): Promise<string | null> {
  const { title, extensions = [] } = asked;
  if (asked.choose === 'new-folder') {
    const { canceled, filePath } = await dialog.showSaveDialog(window, {
      title,
      defaultPath: join(app.getPath('documents'), safeName(name)), // a name alone: it leads to no other folder
      properties: ['createDirectory'],
    });
    return canceled || filePath === '' ? null : filePath;
  }
  const { canceled, filePaths } = await dialog.showOpenDialog(window, {
    title,
    ...(asked.choose === 'folder'
      ? { properties: ['openDirectory'] }
      : { properties: ['openFile'], filters: [{ name: extensions.join(', '), extensions }] }),
  });
  return canceled ? null : (filePaths[0] ?? null);
}

export function windowRequests({ catalog, supervisor, paths, window }: Desktop): WindowRequests {
  return {
    'app.info': () => ({
      version: app.getVersion(),
      catalog: catalog.dir,
      engine: supervisor.state,
      engineMessage: supervisor.message,
      platform: process.platform,
    }),
    'dialog.choose': async ({ purpose, name }) => {
      const path = await choose(window(), dialogs[purpose], name);
      return path === null ? null : paths.give(purpose, path);
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
function madeBy(catalog: Catalog, job: Job): string | null {
  if (job.state !== 'done') return null;
  if (job.kind === 'export') return typeof job.params.out === 'string' ? job.params.out : null;
  if (job.kind !== 'control' && job.kind !== 'hard-factors') return null;
  const file = (job.kind === 'control' ? job.result?.page : null) ?? job.result?.file;
  return file === undefined ? null : catalog.file(file);
}
