/**
 * Owns the evidence that a run opened no connection: what Node processes tried (watch-network.mjs) and what
 * Chromium's own network log holds.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

export interface Attempt {
  pid: number;
  kind: 'watching' | 'connect' | 'udp' | 'name';
  what: string;
  main: string;
}

const watcher = pathToFileURL(join(import.meta.dirname, 'watch-network.mjs')).href;

/** Environment that makes a Node process and its engine write to `log`; the second name is the stand-in's. */
export const watchNode = (log: string) => ({
  NODE_OPTIONS: `--import=${watcher}`,
  CRUX_STANDIN_IMPORT: watcher,
  CRUX_NET_LOG: log,
});

export function readAttempts(log: string): Attempt[] {
  if (!existsSync(log)) return [];
  const lines = readFileSync(log, 'utf8').trim().split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Attempt);
}

interface NetEvent {
  type: number;
  params?: Record<string, unknown>;
}

/** One event a line; a browser that was ended by a signal leaves the last line unfinished. */
function readNetLog(file: string): { types: Record<string, number>; events: NetEvent[] } {
  const [first, ...lines] = readFileSync(file, 'utf8').split('\n');
  const { constants } = JSON.parse(`${first.replace(/,\s*$/, '')}}`) as {
    constants: { logEventTypes: Record<string, number> };
  };
  const events: NetEvent[] = [];
  for (const line of lines) {
    const text = line.replace(/(,|\],?)\s*$/, '');
    if (!text.startsWith('{"params"') && !text.startsWith('{"phase"')) continue;
    try {
      events.push(JSON.parse(text) as NetEvent);
    } catch {
      if (line !== lines.at(-1)) throw new Error(`${file}: an event that is no JSON: ${text.slice(0, 200)}`);
    }
  }
  return { types: constants.logEventTypes, events };
}

const hostOf = (address: unknown): string | null =>
  typeof address !== 'string'
    ? null
    : address.includes('://')
      ? new URL(address).hostname
      : address.replace(/:\d+$/, '');

/**
 * Hosts that Chromium was made to ask for, by its own log: requests that left a page, and names to resolve.
 * What the test browser asks for itself (updates, accounts, spelling; Electron has none of these) carries no
 * page as its initiator and is left out.
 */
export function chromiumHosts(file: string): string[] {
  const { types, events } = readNetLog(file);
  const request = types.URL_REQUEST_START_JOB;
  const resolution = types.HOST_RESOLVER_MANAGER_REQUEST;
  if (request === undefined || resolution === undefined)
    throw new Error(`${file}: this browser names its events otherwise; mend chromiumHosts`);
  // Its probe whether names resolve at all, and what the program's switches make of every name (src/main/keep-offline.ts).
  const browsersOwn = new Set(['google.com', '~notfound']);
  const ofPages = new Set<string>();
  const resolved = new Set<string>();
  for (const { type, params } of events) {
    if (type === request) {
      const host = hostOf(params?.url);
      const own = params?.initiator === 'not an origin' && params?.request_type === 'other';
      if (host !== null) (own ? browsersOwn : ofPages).add(host);
    } else if (type === resolution) {
      const host = hostOf(params?.host);
      if (host !== null) resolved.add(host);
    }
  }
  for (const host of resolved) if (!browsersOwn.has(host)) ofPages.add(host);
  return [...ofPages].sort();
}
