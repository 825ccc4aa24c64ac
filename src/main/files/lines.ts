/** Owns: reading a text file line by line with line numbers and a bound on the length of one line. */
import { piecesOf } from './user-file.ts';

const MAX_LINE_BYTES = 16 * 1024 * 1024;

export interface Line {
  number: number; // from 1
  text: string;
}

/** Yields non-blank lines; CRLF and a UTF-8 byte-order mark are dropped. `pieces`: the file in UTF-8. Throws on a line above 16 MiB. */
export async function* readLines(
  file: string,
  pieces: AsyncIterable<Buffer> = piecesOf(file),
): AsyncGenerator<Line> {
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  let number = 0;
  const finish = (last: Buffer): Line | null => {
    number += 1;
    let text = Buffer.concat([...pending, last]).toString('utf8');
    pending = [];
    pendingBytes = 0;
    if (number === 1 && text.startsWith('\ufeff')) text = text.slice(1);
    if (text.endsWith('\r')) text = text.slice(0, -1);
    return text.trim() === '' ? null : { number, text };
  };
  for await (const chunk of pieces) {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      const line = finish(chunk.subarray(from, end));
      from = end + 1;
      if (line) yield line;
    }
    if (from < chunk.length) {
      pending.push(chunk.subarray(from));
      pendingBytes += chunk.length - from;
      if (pendingBytes > MAX_LINE_BYTES) {
        throw new Error(
          `${file}: line ${number + 1} is longer than ${MAX_LINE_BYTES / 1024 / 1024} MiB; expected one image a line`,
        );
      }
    }
  }
  if (pendingBytes > 0) {
    const line = finish(Buffer.alloc(0));
    if (line) yield line;
  }
}
