/**
 * Owns watching a run from below, native code and all: strace says what every process and thread of it asks of the
 * kernel. Needs no privilege. Reads out of that each attempt to reach the network or a name service, and each file
 * written outside the folders that the run may write to.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';

const ofFiles =
  'open,openat,openat2,creat,truncate,mkdir,mkdirat,mknod,mknodat,rename,renameat,renameat2,link,linkat,symlink,symlinkat,' +
  'unlink,unlinkat,rmdir';
// A ring of io_uring takes requests past this watch.
const ofProcesses = 'execve,clone,clone3,fork,vfork,io_uring_setup';

/** The command that runs another one under watch, into `log`. */
export const straceCommand = (log: string): string[] => [
  'strace',
  '-f',
  '-qq',
  '-y', // what a descriptor stands for
  ...['-s', '4096'],
  ...['-e', 'signal=none'],
  ...['-e', `trace=%network,${ofFiles},${ofProcesses}`],
  ...['-A', '-o', log], // runs of one watch follow each other
];

/** The commands that take the next one into a network namespace of its own, which has no route; null: not possible here. */
export function emptyNetwork(): string[] | null {
  // Without root, in a user namespace of its own besides.
  for (const options of [['-n'], ['-rn']]) {
    const command = ['unshare', ...options];
    if (works([...command, 'true'])) return command;
  }
  return null;
}

export const straceWorks = (): boolean => works([...straceCommand('/dev/null'), 'true']);

function works([command, ...args]: string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

export interface Rules {
  /** Folders that may be written to, with all below them. */
  folders: readonly string[];
  /** Where the run was started: relative paths begin here. */
  cwd: string;
  /** Command lines of what a test drives: may talk over the loopback interface, and be a browser (see `routeProbe`). */
  driven?: RegExp;
}

export interface Seen {
  network: string[];
  outside: string[];
  /** Command lines, in the order they were started. */
  programs: string[];
}

interface Call {
  pid: string;
  name: string;
  args: string;
  result: string;
}

/** Every call of a log, whole: strace cuts one in two where another thread comes between. */
function* callsOf(log: string): Generator<Call> {
  const begun = new Map<string, string>();
  for (const line of log.split('\n')) {
    const found = /^(\d+)\s+(.*)$/.exec(line);
    if (found === null) continue;
    const pid = found[1];
    let text = found[2];
    if (text.endsWith('<unfinished ...>')) {
      begun.set(pid, text.slice(0, -'<unfinished ...>'.length));
      continue;
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(text);
    if (resumed !== null) text = (begun.get(pid) ?? '') + resumed[1];
    begun.delete(pid);
    const call = parsed(pid, text);
    if (call !== null) yield call;
  }
  // What never came back was asked for all the same.
  for (const [pid, text] of begun) {
    const call = parsed(pid, `${text}) = ?`);
    if (call !== null) yield call;
  }
}

function parsed(pid: string, text: string): Call | null {
  const found = /^(\w+)\((.*)\)\s+= (.*)$/s.exec(text);
  if (found === null) return null;
  return { pid, name: found[1], args: found[2], result: found[3] };
}

/** A string as strace prints it, without its quotes. */
const unescaped = (text: string): string =>
  Buffer.from(
    text.replace(/\\([0-7]{1,3}|.)/g, (_whole, code: string) => {
      if (/^[0-7]/.test(code)) return String.fromCharCode(Number.parseInt(code, 8));
      return { n: '\n', t: '\t', r: '\r', f: '\f', v: '\v' }[code] ?? code;
    }),
    'latin1',
  ).toString();

/** The paths among the arguments of a call on files; a relative one is that of the descriptor before it. */
function pathsOf(args: string, cwd: string): string[] {
  const paths: string[] = [];
  const pattern = /(?:(?:AT_FDCWD|\d+)<((?:[^>\\]|\\.)*)>, )?"((?:[^"\\]|\\.)*)"/g;
  for (const [, folder, path] of args.matchAll(pattern))
    paths.push(resolve(folder === undefined ? cwd : unescaped(folder), unescaped(path)));
  return paths;
}

/** The first words of a command line, without folders. */
const shown = (program: string): string =>
  program
    .split(' ')
    .slice(0, 4)
    .map((word) => basename(word))
    .join(' ');

const writes = /\bO_(WRONLY|RDWR|CREAT|TRUNC|TMPFILE)\b/;
const files = new Set(ofFiles.split(','));
const opens = new Set(['open', 'openat', 'openat2']);
/** What the kernel keeps there is no file. */
const kernels = /^\/(dev(?!\/shm\/)|proc|sys)\//;
/** Memory that a browser's processes share. */
const sharedMemory = /^\/dev\/shm\//;
/** Asked for a name of another machine, or of this one, before any packet is sent. */
/** The one ring that Node makes: libuv hands its changes of epoll's list to the kernel through it, nothing else. */
const epollRing = /^256, \{flags=(0|0x10000)\b/;
const nameServices = /^\/etc\/(hosts|resolv\.conf)$/;
const nameSockets = /sun_path="[^"]*\/(nscd\/socket|io\.systemd\.Resolve|avahi-daemon\/socket)"/;

/**
 * Before it resolves any name, this machine's own included, Chromium looks whether there is a route to the IPv6 internet: it
 * connects a datagram socket, which sends nothing, and closes it. No switch turns that off. Electron has no name to
 * resolve for the program's pages; those of the stand-in have a host.
 */
const routeProbe = 'connect 2001:4860:4860::8888 port 443';

/** What a call on sockets reaches for; null where it stays on this machine. */
function reached(name: string, args: string, driven: boolean): string | null {
  if (/AF_UNIX/.test(args)) return !driven && nameSockets.test(args) ? `asks a name service: ${args}` : null;
  if (name === 'socket') return driven ? null : `socket ${args}`;
  if (!/^(connect|bind|sendto|sendmsg|sendmmsg)$/.test(name)) return null;
  const port = /sin6?_port=htons\((\d+)\)/.exec(args)?.[1] ?? '?';
  const address = /inet_addr\("([^"]+)"\)|inet_pton\(AF_INET6, "([^"]+)"/.exec(args);
  const host = address?.[1] ?? address?.[2] ?? args;
  const local = /^(127\.|::1$|::ffff:127\.)/.test(host);
  const what = `${name} ${host} port ${port}`;
  return driven && ((local && port !== '53') || what === routeProbe) ? null : what;
}

export function readTrace(file: string, rules: Rules): Seen {
  const network = new Map<string, number>();
  const outside = new Set<string>();
  const programs: string[] = [];
  const calls = [...callsOf(readFileSync(file, 'utf8'))];
  // A new thread's first call may be written before its parent's that made it.
  const parents = new Map<string, string>();
  for (const { pid, name, result } of calls)
    if (/^(clone3?|v?fork)$/.test(name) && /^\d/.test(result)) parents.set(result.split(/\D/)[0], pid);
  const running = new Map<string, string>();
  const programOf = (pid: string): string => {
    for (let at: string | undefined = pid; at !== undefined; at = parents.get(at)) {
      const program = running.get(at);
      if (program !== undefined) return program;
    }
    return 'unknown program';
  };
  const note = (pid: string, what: string) => {
    const line = `${what} (${shown(programOf(pid))})`;
    network.set(line, (network.get(line) ?? 0) + 1);
  };

  for (const { pid, name, args, result } of calls) {
    const failed = result.startsWith('-1');
    const driven = rules.driven?.test(programOf(pid)) ?? false;
    if (name === 'execve') {
      if (failed) continue;
      const words = args.slice(args.indexOf('[')).matchAll(/"((?:[^"\\]|\\.)*)"/g);
      const program = [...words].map(([, word]) => unescaped(word)).join(' ');
      running.set(pid, program);
      programs.push(program);
    } else if (name === 'io_uring_setup') {
      if (!failed && !epollRing.test(args)) note(pid, 'io_uring, past this watch');
    } else if (/\bAF_(INET6?|PACKET|UNIX)\b/.test(args)) {
      const what = reached(name, args, driven);
      if (what !== null) note(pid, what);
    } else if (opens.has(name) && !writes.test(args)) {
      for (const path of pathsOf(args, rules.cwd))
        if (nameServices.test(path) && !driven) note(pid, `reads ${path}`);
    } else if (files.has(name) && !failed) {
      // What a symbolic link says is not written to.
      for (const path of pathsOf(args, rules.cwd).slice(name.startsWith('symlink') ? 1 : 0)) {
        if (kernels.test(path) || (driven && sharedMemory.test(path))) continue;
        if (rules.folders.some((folder) => `${path}/`.startsWith(`${folder}/`))) continue;
        outside.add(`${name} ${path} (${shown(programOf(pid))})`);
      }
    }
  }
  return {
    network: [...network].map(([line, times]) => (times > 1 ? `${times} x ${line}` : line)),
    outside: [...outside],
    programs,
  };
}
