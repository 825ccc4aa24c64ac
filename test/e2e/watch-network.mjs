/**
 * Loaded before anything else into every Node process of a run: writes one line to
 * CRUX_NET_LOG for each attempt to reach the network or to resolve a name, and one when it starts watching,
 * so that a silent log is told from a watcher that never ran.
 */
import childProcess from 'node:child_process';
import dgram from 'node:dgram';
import dns from 'node:dns';
import { appendFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';

const log = process.env.CRUX_NET_LOG;
const note = (kind, what) =>
  appendFileSync(log, `${JSON.stringify({ pid: process.pid, kind, what, main: process.argv[1] ?? '' })}\n`);

if (log) {
  note('watching', process.argv.slice(1).join(' '));
  const before = (object, name, kind, describe) => {
    const original = object[name];
    object[name] = function (...args) {
      const what = describe(args);
      if (what !== null) note(kind, what);
      return original.apply(this, args);
    };
  };
  before(net.Socket.prototype, 'connect', 'connect', ([first, second]) => {
    // net.connect() and tls hand over their normalised arguments as one array.
    const [options, host] = Array.isArray(first) ? first : [first, second];
    if (typeof options === 'object' && options !== null)
      return options.path ? null : `${options.host ?? 'localhost'}:${options.port}`; // a path is a local pipe
    return typeof options === 'string' && Number.isNaN(Number(options))
      ? null
      : `${host ?? 'localhost'}:${options}`;
  });
  for (const name of ['send', 'connect', 'bind']) before(dgram.Socket.prototype, name, 'udp', () => name);
  for (const name of ['lookup', 'resolve', 'resolve4', 'resolve6', 'lookupService', 'reverse']) {
    before(dns, name, 'name', ([host]) => String(host));
    if (dns.promises[name]) before(dns.promises, name, 'name', ([host]) => String(host));
  }
  // The program clears NODE_OPTIONS of its engine; here it is given back, so that the engine is watched too.
  const fork = childProcess.fork;
  childProcess.fork = (file, args, options) =>
    fork(file, args, {
      ...options,
      env: {
        ...(options?.env ?? process.env),
        NODE_OPTIONS: `--import=${import.meta.url}`,
        CRUX_NET_LOG: log,
      },
    });
  syncBuiltinESMExports();
}
