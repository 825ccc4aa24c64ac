/** Owns: the content hash that identifies a file's bytes. */
import { createHash } from 'node:crypto';
import { piecesOf } from './user-file.ts';

/** sha256 in lower-case hex, streamed: memory does not grow with the file. Rejects with node's own error. */
export async function hashFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of piecesOf(file, 1024 * 1024)) hash.update(piece);
  return hash.digest('hex');
}
