/** Owns listing the files below a folder by their names alone: paths from it, in no order. System folders are left out. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fsPath, nameOfBytes } from './fs-names.ts';
import { systemFolder } from './system-names.ts';

/** Links are listed and not followed. A folder that cannot be read is empty. */
export async function* filesWithin(root: string): AsyncGenerator<string> {
  const folders = [''];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const entries = await readdir(fsPath(join(root, folder)), {
      withFileTypes: true,
      encoding: 'buffer',
    }).catch(() => []);
    for (const entry of entries) {
      const name = nameOfBytes(entry.name);
      const path = folder === '' ? name : `${folder}/${name}`;
      if (!entry.isDirectory()) yield path;
      else if (systemFolder(name) === null) folders.push(path);
    }
  }
}
