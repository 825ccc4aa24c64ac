/** Owns the opening of a catalog for commands: catalog, queue and engine behind the `Session` interface. */
import type { Session, SessionOptions } from './session.ts';

export async function openSession(options: SessionOptions): Promise<Session> {
  throw new Error(`catalog ${options.folder}: cannot be opened by this build`);
}
