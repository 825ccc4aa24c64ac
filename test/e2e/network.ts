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

/** Attempts that left the process for the network; the driver's own loopback DevTools port apart. */
export const outgoing = (attempts: readonly Attempt[], devToolsPort: string | null): Attempt[] =>
  attempts.filter(({ kind, what }) => {
    if (kind === 'watching') return false;
    return !(kind === 'connect' && devToolsPort !== null && what === `127.0.0.1:${devToolsPort}`);
  });

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

/** Services of the test browser itself (Electron has none of them), whatever page it shows. */
const browsersOwn = new Set(['accounts.google.com', 'update.googleapis.com']);

/** Hosts that Chromium asked for, by its own log: requests that left the page, and names to resolve. */
export function chromiumHosts(file: string): string[] {
  const { types, events } = readNetLog(file);
  const wanted = ['URL_REQUEST_START_JOB', 'HOST_RESOLVER_MANAGER_REQUEST'].map((name) => types[name]);
  if (wanted.includes(undefined as never))
    throw new Error(`${file}: this browser names its events otherwise; mend chromiumHosts`);
  const hosts = new Set<string>();
  for (const { type, params } of events) {
    const address = wanted.includes(type) ? (params?.url ?? params?.host) : undefined;
    if (typeof address !== 'string') continue;
    const host = address.includes('://') ? new URL(address).hostname : address.replace(/:\d+$/, '');
    if (!browsersOwn.has(host)) hosts.add(host);
  }
  return [...hosts].sort();
}
