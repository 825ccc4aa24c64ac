/**
 * Owns the environment of every process that loads native code. native-env.json is its only declaration (the scripts
 * read it too); docs/offline.md says what each variable stops. Whoever starts a process takes its environment from here.
 */
import nativeEnv from './native-env.json' with { type: 'json' };

const MIB = 1024 * 1024;

/**
 * For glibc's allocator, which reads them when a process starts; others pass them over. Left alone it raises the size from
 * which memory has a mapping of its own with each large piece that is given back, and has a heap for each thread: after
 * some hundred jobs an engine holds tens of MiB in which nothing lies. Fixed, what a job gives back is the system's.
 */
const allocatorEnv = {
  MALLOC_MMAP_THRESHOLD_: String(MIB),
  MALLOC_TRIM_THRESHOLD_: String(MIB),
  MALLOC_ARENA_MAX: '2',
};

/** For a plain Node child: `base` with what native code needs, without Electron's own switches. */
export const childEnv = (base: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv => ({
  ...allocatorEnv,
  ...base,
  ...nativeEnv,
  // They would turn the child into something else.
  ELECTRON_RUN_AS_NODE: undefined,
  NODE_OPTIONS: undefined,
});

/**
 * Node's own switches for such a child: no noise on standard error, no debugger that a signal would open, and for young
 * objects two halves of 16 MiB. On a large machine V8 doubles them up to 64 each, jobs later and to no one's gain.
 */
export const childSwitches = [
  '--disable-warning=ExperimentalWarning',
  '--disable-sigusr1',
  '--max-semi-space-size=16',
];

/** "NAME=value" of each declared variable that `env` has otherwise. */
export const lackingNativeEnv = (env: NodeJS.ProcessEnv): string[] =>
  Object.entries(nativeEnv)
    .filter(([name, value]) => env[name] !== value)
    .map((pair) => pair.join('='));
