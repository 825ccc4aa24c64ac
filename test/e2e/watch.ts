/**
 * Owns how a run of the program is watched: with strace, which sees native code and every file (strace.ts); where that is
 * not to be had, with hooks in Node's own modules (network.ts) and a look at what was left behind, which catches the
 * libraries that report home by the files they keep for it. Continuous integration accepts no less than strace.
 */
import { mkdirSync, readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import nativeEnv from '../../src/main/runtime/native-env.json' with { type: 'json' };
import { readAttempts, watchNode } from './network.ts';
import { emptyNetwork, readTrace, type Seen, straceCommand, straceWorks } from './strace.ts';

/**
 * ONNX Runtime sends nothing where one of these is set (core/platform/telemetry_environment.h): with them a run in
 * continuous integration would prove nothing. The declared environment goes too: the program has to set it itself.
 */
const silencers = [
  ...'CI TF_BUILD GITHUB_ACTIONS GITLAB_CI CIRCLECI TRAVIS JENKINS_URL CODEBUILD_BUILD_ID BUILDKITE'.split(
    ' ',
  ),
  ...'TEAMCITY_VERSION APPVEYOR BITBUCKET_BUILD_NUMBER SYSTEM_TEAMFOUNDATIONCOLLECTIONURI'.split(' '),
  'ORT_RUNNING_UNIT_TESTS',
  ...Object.keys(nativeEnv),
];
const ofHome = ['XDG_CONFIG_HOME', 'XDG_CACHE_HOME', 'XDG_DATA_HOME', 'XDG_STATE_HOME', 'XDG_RUNTIME_DIR'];

/** What a test drives over the loopback interface: Electron or the stand-in with its browser, and their parts, not the engine. */
export const drivenProgram =
  /^(\S*\/)?(node \S+\/electron-standin\.ts|electron|chromium|chrome|crux)( |$)|^\S+ --type=/i;

/** Whether strace watches. Asked once: continuous integration accepts nothing less, anyone else is told. */
export const byStrace = process.platform === 'linux' && straceWorks();
if (!byStrace) {
  if (process.platform === 'linux' && process.env.CI)
    throw new Error(
      'watch: strace does not run here, and without it nothing sees what native code does; install it (apt-get install strace) and allow ptrace',
    );
  console.warn(
    'watch: no strace here, so native code is watched by the files it leaves only; on Linux, "apt-get install strace" watches all of it',
  );
}

export class Watch {
  readonly #log: string;
  readonly home: string;
  /** The temporary folder of the run: system-wide ones are outside. */
  readonly tmp: string;

  /** `folder`: an empty one, for what this watch needs. */
  constructor(folder: string) {
    const real = realpathSync(folder);
    this.#log = join(real, 'watch.log');
    this.home = join(real, 'home');
    this.tmp = join(real, 'tmp');
    for (const made of [this.home, this.tmp]) mkdirSync(made);
  }

  /** The environment of the watched program. */
  env(more: Record<string, string> = {}): Record<string, string> {
    const env: NodeJS.ProcessEnv = { ...process.env };
    for (const name of [...silencers, ...ofHome]) delete env[name];
    return {
      ...env,
      // As each system names them.
      HOME: this.home,
      USERPROFILE: this.home,
      APPDATA: this.home,
      LOCALAPPDATA: this.home,
      TMPDIR: this.tmp,
      TEMP: this.tmp,
      TMP: this.tmp,
      ...(byStrace ? {} : watchNode(this.#log)),
      ...more,
    } as Record<string, string>;
  }

  /** `command` under watch. `alone`: also in a network of its own without a route, where the system has such. */
  command(command: readonly string[], { alone = false } = {}): string[] {
    const network = alone && process.platform === 'linux' ? emptyNetwork() : null;
    return [...(network ?? []), ...(byStrace ? straceCommand(this.#log) : []), ...command];
  }

  /** What was seen until now. `folders`: the real paths where the run may write, besides its temporary folder. */
  seen(folders: readonly string[], cwd: string, driven?: RegExp): Seen {
    const left = [this.home, this.tmp].flatMap((folder) =>
      readdirSync(folder, { recursive: true }).map((name) => `left behind: ${join(folder, String(name))}`),
    );
    if (!byStrace) {
      const attempts = readAttempts(this.#log);
      return {
        network: attempts
          .filter(({ kind }) => kind !== 'watching')
          .map(({ kind, what }) => `${kind} ${what}`),
        outside: left,
        programs: attempts.filter(({ kind }) => kind === 'watching').map(({ what }) => what),
      };
    }
    const seen = readTrace(this.#log, { folders: [...folders, this.tmp], cwd, driven });
    return { ...seen, outside: [...seen.outside, ...left] };
  }
}
