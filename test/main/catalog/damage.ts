/** Owns damaged catalogs for tests: one with rows in every large table, and ways to spoil its file, by a seed. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { openCatalog } from '../../../src/main/catalog/index.ts';
import { databaseName } from '../../../src/main/catalog/trouble.ts';

export const images = 1500;

/** A dataset with scores, features, tags, captions and one generated image with its file. */
export function makeFullCatalog(folder: string): void {
  const c = openCatalog(folder);
  c.write(() => {
    c.run("INSERT INTO datasets (name, root, source, created_at) VALUES ('set', '/photos', '/photos', 0)");
    for (let k = 0; k < 5; k++)
      c.run('INSERT INTO classes (dataset_id, name, class_index) VALUES (1, ?, ?)', `class ${k}`, k);
    c.run(
      `INSERT INTO scorers (dataset_id, name, method, model_id, model_name, model_hash, class_ids, params, created_at)
       VALUES (1, 'scorer', 'out-of-fold', '', '', '', '[1,2,3,4,5]', '{}', 0)`,
    );
    c.run(
      "INSERT INTO embedding_sets (dataset_id, model_id, model_name, model_hash, dim, created_at) VALUES (1, '', '', '', 64, 0)",
    );
    for (let i = 1; i <= images; i++) {
      c.run(
        `INSERT INTO images (dataset_id, origin, path, hash, bytes, width, height, format, class_id, created_at)
         VALUES (1, 'real', ?, ?, 1, 1, 1, 'png', ?, 0)`,
        `photos/${i}.png`,
        String(i).padStart(64, '0'),
        1 + (i % 5),
      );
      c.run('INSERT INTO scores VALUES (1, ?, ?, 0.1, 0.2, 1)', i, i / images);
      c.run('INSERT INTO score_probabilities VALUES (1, ?, ?)', i, Buffer.alloc(20, i));
      c.run('INSERT INTO embeddings (set_id, image_id, vector) VALUES (1, ?, ?)', i, Buffer.alloc(256, i));
      if (i % 10 === 0) c.run('INSERT INTO tags VALUES (?, ?)', i, 'tag');
      if (i % 50 === 0)
        c.run(
          "INSERT INTO captions (image_id, text, source, at) VALUES (?, ?, 'person', 0)",
          i,
          `caption of ${i} `.repeat(1000), // on pages of its own
        );
    }
    const path = 'synthetic/1/1.png';
    c.run(
      `INSERT INTO images (dataset_id, origin, path, hash, bytes, width, height, format, class_id, created_at)
       VALUES (1, 'synthetic', ?, 'made', 4, 1, 1, 'png', 1, 0)`,
      path,
    );
    mkdirSync(dirname(c.file(path)), { recursive: true });
    writeFileSync(c.file(path), 'file');
    c.run("INSERT INTO settings VALUES ('theme', '\"dark\"')");
  });
  c.close();
}

const pageSize = 4096;

/** Numbers from 0 to below `n`, the same for the same seed. */
export function numbers(seed: number): (n: number) => number {
  let state = (seed % 2147483646) + 1;
  return (n) => {
    state = (state * 48271) % 2147483647;
    return state % n;
  };
}

/** What can happen to the bytes of a catalog. */
export const damages: Record<string, (bytes: Buffer, random: (n: number) => number) => Buffer> = {
  'one page': (bytes, random) => spoil(bytes, 1 + random(bytes.length / pageSize - 1), random),
  '3% of the pages': (bytes, random) => {
    for (let n = 0; n < (0.03 * bytes.length) / pageSize; n++)
      spoil(bytes, 1 + random(bytes.length / pageSize - 1), random);
    return bytes;
  },
  'zeros in two pages': (bytes, random) => {
    for (let n = 0; n < 2; n++) {
      const page = 1 + random(bytes.length / pageSize - 1);
      bytes.fill(0, page * pageSize, (page + 1) * pageSize);
    }
    return bytes;
  },
  'the list of tables': (bytes, random) => spoil(bytes, 0, random),
  'the header': (bytes, random) => {
    for (let i = 0; i < 100; i++) bytes[i] = random(256);
    return bytes;
  },
  'the end is missing': (bytes, random) =>
    bytes.subarray(0, Math.floor(bytes.length * (0.4 + random(50) / 100))),
  'single bytes': (bytes, random) => {
    for (let n = 0; n < 100; n++) bytes[pageSize + random(bytes.length - pageSize)] ^= 1 + random(255);
    return bytes;
  },
};

function spoil(bytes: Buffer, page: number, random: (n: number) => number): Buffer {
  for (let i = 0; i < pageSize; i++) bytes[page * pageSize + i] = random(256);
  return bytes;
}

/** Spoils the database in `folder`; -> its bytes as they are then. */
export function damage(folder: string, how: string, seed: number): Buffer {
  const file = join(folder, databaseName);
  const bytes = Buffer.from(damages[how](readFileSync(file), numbers(seed)));
  writeFileSync(file, bytes);
  return bytes;
}
