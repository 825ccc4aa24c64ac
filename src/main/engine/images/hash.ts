/** Owns: the content hash that identifies a file's bytes. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { fsPath } from './fs-names.ts';

/** sha256 in lower-case hex, streamed: memory does not grow with the file. Rejects with node's own error. */
export async function hashFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(fsPath(file), { highWaterMark: 1024 * 1024 }), hash);
  return hash.digest('hex');
}
