/** Owns what supervisor and engine say to each other. JSON, so that the two may run on different V8 versions. */
import type { EventName, EventPayload } from '../../shared/contract.ts';

export type EngineEvent = {
  [N in EventName]: { type: 'event'; name: N; payload: EventPayload<N> };
}[EventName];

export type FromEngine =
  | { type: 'ready'; engine: string; pid: number }
  | { type: 'pong' }
  /** A job has failed, and the catalog would not take that (a full disk): its row still says that it runs. */
  | { type: 'failed'; jobId: number; error: string }
  /** The engine ends because this machine does not let it work, as none would that is started after it. */
  | { type: 'unable'; error: string }
  | EngineEvent;

export type ToEngine =
  | { type: 'ping' }
  | { type: 'wake' }
  | { type: 'cancel'; jobId: number }
  | { type: 'shutdown' };

/** Byte arrays do not survive JSON as such. */
export function packBytes(value: unknown): unknown {
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString('base64') };
  if (Array.isArray(value)) return value.map(packBytes);
  if (value !== null && typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([key, v]) => [key, packBytes(v)]));
  return value;
}

export function unpackBytes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unpackBytes);
  if (value === null || typeof value !== 'object') return value;
  const { $bytes } = value as { $bytes?: unknown };
  if (typeof $bytes === 'string') return new Uint8Array(Buffer.from($bytes, 'base64'));
  return Object.fromEntries(Object.entries(value).map(([key, v]) => [key, unpackBytes(v)]));
}
