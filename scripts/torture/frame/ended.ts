/** Owns waiting for a program in a process of its own, and taking down what it says. */
import type { ChildProcessByStdio } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { CruxRun } from './campaign.ts';

/** @param onError gets all of stderr whenever more of it comes. @throws where it could not be started, or was aborted. */
export function ended(
  child: ChildProcessByStdio<null, Readable, Readable>,
  onError?: (err: string) => void,
): Promise<CruxRun> {
  return new Promise((done, fail) => {
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text;
      onError?.(err);
    });
    child.once('error', fail);
    child.once('close', (exit, killedBy) => done({ exit, killedBy, out, err }));
  });
}
