/**
 * Owns the environment of every process that loads native code. native-env.json is its only declaration (the scripts
 * read it too); docs/offline.md says what each variable stops. Whoever starts a process takes its environment from here.
 */
import nativeEnv from './native-env.json' with { type: 'json' };

/** For a plain Node child: `base` with what native code needs, without Electron's own switches. */
export const childEnv = (base: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv => ({
  ...base,
  ...nativeEnv,
  // They would turn the child into something else.
  ELECTRON_RUN_AS_NODE: undefined,
  NODE_OPTIONS: undefined,
});

/** Node's own switches for such a child: no noise on standard error, and no debugger that a signal would open. */
export const childSwitches = ['--disable-warning=ExperimentalWarning', '--disable-sigusr1'];

/** "NAME=value" of each declared variable that `env` has otherwise. */
export const lackingNativeEnv = (env: NodeJS.ProcessEnv): string[] =>
  Object.entries(nativeEnv)
    .filter(([name, value]) => env[name] !== value)
    .map((pair) => pair.join('='));
