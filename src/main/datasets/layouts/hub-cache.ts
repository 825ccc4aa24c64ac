/** Owns datasets as the Hugging Face cache keeps them: snapshots/<revision>/ holds links into blobs/. */
import { below, findWithin, type Layout, type Outline, type Plan } from './layout.ts';

const child = ({ folders }: Outline, name: string) => folders.find((folder) => folder.name === name);

/** `findInside`: reads the snapshot as any other folder. */
export const hubCache = (findInside: (root: Outline) => Plan): Layout => ({
  id: 'hub-cache',
  title: 'Hugging Face cache',
  reads:
    'datasets--owner--name/snapshots/REVISION/…: the links of the one revision, in any of the other layouts.',
  find: (root) =>
    findWithin(root, (folder) => {
      const blobs = child(folder, 'blobs');
      const snapshots = child(folder, 'snapshots');
      if (!blobs || !snapshots || folder.folders.length !== 2) return null;
      if (snapshots.folders.length > 1)
        throw new Error(
          `${folder.name} is a Hugging Face cache with ${snapshots.folders.length} revisions (${snapshots.folders.map(({ name }) => name).join(', ')}); import one of the folders in snapshots/ with links followed`,
        );
      const [revision] = snapshots.folders;
      const plan = below(['snapshots', revision.name], findInside(revision));
      return {
        ...plan,
        aside: (folders) =>
          folders[0] === 'blobs'
            ? 'Files of the cache, read through its links'
            : (plan.aside?.(folders) ?? null),
      };
    }),
});
