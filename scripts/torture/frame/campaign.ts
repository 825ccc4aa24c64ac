/**
 * Owns what a campaign is: one file of scripts/torture whose default export attacks one side of the program, counts, and
 * says what did not survive. The list of campaigns is the list of those files.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Rng } from '../../../src/core/rng.ts';

export interface Campaign {
  /** The file's name without `.ts`. */
  name: string;
  /** A few words, for the table: "Kills at random moments". */
  title: string;
  /** What is done and what counts as survived, in plain sentences, for the page. */
  means: string;
  run(ctx: CampaignContext): Promise<Outcome>;
}

export interface Outcome {
  /** Attacks made. */
  tried: number;
  /** Attacks after which everything was as it must be. */
  survived: number;
  /** One line for each other: what was done, with what it takes to repeat it, and what was wrong. */
  failed: string[];
  seconds: number;
  /** What the figures do not say; where nothing could be tried on this machine, why. Markdown. */
  notes?: string;
}

export interface CampaignContext {
  seed: number;
  /** Depends on the seed and the campaign's name only. */
  rng: Rng;
  /** Small counts: the whole pass takes a few minutes. */
  quick: boolean;
  /** An empty folder of this campaign's own, deleted when it ends. */
  folder: string;
  /** Aborted by Ctrl-C: stop soon, clean up, and throw. */
  signal: AbortSignal;
  log(line: string): void;
  /** Attacks made so far, of how many; the time left is told from it. */
  progress(done: number, total: number): void;
  /** Runs the command line in a process of its own. */
  crux(args: readonly string[], options?: CruxOptions): Promise<CruxRun>;
  /** A folder of demo scenes as PNG, one folder for each of the ten classes; the same arguments, the same folder. */
  scenes(perClass: number, size: number): Promise<string>;
  /** As `scenes`, of 64 pixels: `n` images, rounded up to a multiple of ten. */
  photos(n: number): Promise<string>;
}

export interface CruxOptions {
  cwd?: string;
  /** Over the campaign's own environment, in which CRUX_CATALOG is `<folder>/catalog`; undefined removes one. */
  env?: Record<string, string | undefined>;
  /** Gets the process's number at once: to kill it. */
  onStart?: (pid: number) => void;
  /** In a process group of its own. */
  detached?: boolean;
  /** Killed after so long (default: 10 minutes). */
  timeoutMs?: number;
}

export interface CruxRun {
  /** null: a signal ended it. */
  exit: number | null;
  killedBy: NodeJS.Signals | null;
  out: string;
  err: string;
}

/** Only a file with a default export is one; what campaigns share exports by name. */
export function campaignNames(folder: string): string[] {
  return readdirSync(folder)
    .filter(
      (name) => name.endsWith('.ts') && /^export default /m.test(readFileSync(join(folder, name), 'utf8')),
    )
    .map((name) => basename(name, '.ts'))
    .sort();
}

export async function loadCampaign(folder: string, name: string): Promise<Campaign> {
  const file = join(folder, `${name}.ts`);
  const { default: campaign } = (await import(pathToFileURL(file).href)) as { default: Campaign };
  const { name: own, title, means, run } = campaign ?? {};
  if (own !== name || typeof title !== 'string' || typeof means !== 'string' || typeof run !== 'function')
    throw new Error(
      `${file}: its default export is no campaign; expected { name: '${name}', title, means, run(ctx) }`,
    );
  return campaign;
}
