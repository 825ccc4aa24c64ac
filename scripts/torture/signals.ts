/** Owns the attack by signals: every target, signal, pair of them, and moment of a running import. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from '../../test/main/support/pictures.ts';
import type { CampaignContext, Outcome } from './frame/campaign.ts';
import {
  type Attack,
  attack,
  foreignNode,
  type Moment,
  type Place,
  signals,
  targets,
  wordsOf,
} from './signals/attack.ts';

const perClass = 100;
const moments: readonly Moment[] = ['queued', 'working'];
/** Within the half second in which two signals are one, and after it. */
const gapsMs = [0, 50, 700];

/** Every signal to every target at both moments; then every pair of blows, with each pause in turn. */
function* attacks(): Generator<Attack> {
  const blows = targets.flatMap((target) => signals.map((signal) => ({ target, signal })));
  for (const moment of moments) for (const blow of blows) yield { blows: [blow], gapMs: 0, moment };
  let turn = 0;
  for (const first of blows)
    for (const second of blows)
      yield { blows: [first, second], gapMs: gapsMs[turn++ % gapsMs.length], moment: 'working' };
}

export default {
  name: 'signals',
  title: 'Signals',
  means: `SIGINT, SIGTERM and SIGHUP to the program that a person starts, to the command below it, to the engine below that, and
to the whole process group, while an import is queued or working: each alone, and each pair of them at once, 50 ms and
700 ms apart. Survived is an attack after which no process is left, the exit code is that of the signal (130, 143, 129) with
the job cancelled or free, or 0 with the job done where only the engine was hit; and the job then resumes to all its images,
read once.`,
  async run(ctx: CampaignContext): Promise<Outcome> {
    const from = performance.now();
    const outcome = { tried: 0, survived: 0, failed: [] as string[] };
    if (process.platform === 'win32')
      return { ...outcome, seconds: 0, notes: 'Not tried: Windows has no such signals.' };
    const photos = await makeFolder(join(ctx.folder, 'photos'), perClass, 64);
    const place: Omit<Place, 'catalog'> = {
      node: foreignNode(ctx.folder),
      photos,
      images: 3 * perClass,
    };
    const all = [...attacks()].filter((_, i) => !ctx.quick || i % 12 === 5);
    for (const one of all) {
      ctx.signal.throwIfAborted();
      const catalog = join(ctx.folder, `catalog-${outcome.tried}`);
      mkdirSync(catalog);
      const wrong = await attack({ ...place, catalog }, one).catch((error: Error) => error.message);
      outcome.tried++;
      if (wrong === null) outcome.survived++;
      else outcome.failed.push(`${wordsOf(one)}: ${wrong}`);
      rmSync(catalog, { recursive: true, force: true });
      ctx.progress(outcome.tried, all.length);
    }
    return { ...outcome, seconds: (performance.now() - from) / 1000 };
  },
};
