/**
 * Owns the one table of folders and files that systems, network drives and editors put among the analyst's: none of
 * them is a class or an image, whatever it holds. Names are compared without regard to letter case.
 */

/** Maker, names; a name that ends in * stands for all that begin so, a | for a blank. */
type NameTable = readonly (readonly [maker: string, names: string])[];

const FOLDERS: NameTable = [
  ['Synology NAS', '@eaDir #recycle #snapshot @tmp'],
  ['QNAP NAS', '@Recycle @Recently-Snapshot .@__thumb'],
  [
    'macOS',
    '__MACOSX .Trashes .Trash .Spotlight-V100 .fseventsd .TemporaryItems .DocumentRevisions-V100 .AppleDouble .AppleDB',
  ],
  ['Windows', '$RECYCLE.BIN RECYCLER RECYCLED System|Volume|Information'],
  ['Linux', 'lost+found .Trash-* .thumbnails'],
  ['file system snapshots', '.snapshot .snapshots .zfs'],
  ['GoodSync', '_gsdata_'],
  ['Jupyter', '.ipynb_checkpoints'],
  ['version control', '.git .svn .hg .dvc'],
  ['editors', '.idea .vscode .vs'],
  ['program packages', 'node_modules __pycache__ .venv'],
];

const FILES: NameTable = [
  ['macOS', '.DS_Store ._* .localized .apdisk Icon\r'],
  ['Windows', 'Thumbs.db ehthumbs.db desktop.ini'],
  ['KDE and Picasa', '.directory .picasa.ini Picasa.ini'],
];

/** Who puts folders of this name there; null: nobody that we know. */
export const systemFolder = (name: string): string | null => makerOf(folders, name);

export const systemFile = (name: string): string | null => makerOf(files, name);

interface Names {
  whole: Map<string, string>;
  beginnings: [string, string][];
}

function namesOf(table: NameTable): Names {
  const names: Names = { whole: new Map(), beginnings: [] };
  for (const [maker, list] of table) {
    for (const entry of list.toLowerCase().split(' ')) {
      const name = entry.replaceAll('|', ' ');
      if (name.endsWith('*')) names.beginnings.push([name.slice(0, -1), maker]);
      else names.whole.set(name, maker);
    }
  }
  return names;
}

const folders = namesOf(FOLDERS);
const files = namesOf(FILES);

function makerOf({ whole, beginnings }: Names, name: string): string | null {
  const lower = name.toLowerCase();
  return whole.get(lower) ?? beginnings.find(([beginning]) => lower.startsWith(beginning))?.[1] ?? null;
}
