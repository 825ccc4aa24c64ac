/** Owns the attack by SIGKILL: every process of the program, at random moments of every kind of job. */
import { join } from 'node:path';
import { appIsMissing } from './frame/app.ts';
import type { CampaignContext, Outcome } from './frame/campaign.ts';
import { differences } from './kills/fingerprint.ts';
import { marksOf, playStory, type Scene } from './kills/story.ts';
import { killApp, type Victim, victims } from './kills/victims.ts';

/** Before a command line has its engine. */
const STARTING_MS = 800;

export default {
  name: 'kills',
  title: 'Kills at random moments',
  means: `A job of every kind (import, embed, score by a probe and by a classifier, fit, project, train, generate, rescore, issues,
control, hard-factors, caption, export) is started from the same catalog again and again, and SIGKILL is sent at a random
moment, once to three times in one job: to the engine, to the command line, to both at once, or to the app's main process.
Then it goes on: the engine by itself, the command line by \`crux jobs resume\`, the app by being started again. Survived is
a kill after which the job ended as done and every row and every file of the catalog (and of the export) is the same, to
the byte, as where nobody disturbed it: no row twice, no file left over, no process left over. Moments of time and the log
are not compared. A kill that came when the job was done already is not counted.`,
  async run(ctx: CampaignContext): Promise<Outcome> {
    const from = performance.now();
    const scenes = await playStory(ctx);
    const wanted = ctx.quick ? 16 : 120;
    const outcome = { tried: 0, survived: 0, failed: [] as string[] };
    const hits: Record<string, number> = {};
    const place = join(ctx.folder, 'disturbed');
    const missing = appIsMissing();
    for (const { name, victim, scene, moments } of attacks(ctx, scenes, missing === null)) {
      if (outcome.tried >= wanted) break;
      ctx.signal.throwIfAborted();
      let hit = 1;
      let wrong: string[];
      try {
        hit = await victim(ctx, { scene, place, moments });
        wrong = differences(scene.after, marksOf(place));
      } catch (error) {
        ctx.signal.throwIfAborted();
        wrong = [(error as Error).message];
      }
      outcome.tried += hit;
      hits[name] = (hits[name] ?? 0) + hit;
      if (wrong.length === 0) outcome.survived += hit;
      else {
        const when = moments.map((moment) => `${moment} ms`).join(' and ');
        outcome.failed.push(
          `seed ${ctx.seed}: ${name} killed after ${when} of ${scene.kind}: ${wrong.join('; ')}`,
        );
      }
      ctx.progress(outcome.tried, wanted);
    }
    const told = Object.entries(hits).map(([name, n]) => `${name} ${n}`);
    const notes = `Of these: ${told.join(', ')}.${missing === null ? '' : ` The app was not killed: ${missing}.`}`;
    return { ...outcome, seconds: (performance.now() - from) / 1000, notes };
  },
};

interface Planned {
  name: string;
  victim: Victim;
  scene: Scene;
  moments: number[];
}

/** Scenes and victims in turn, so that each kind meets each victim; moments by chance, without end. */
function* attacks({ rng }: CampaignContext, scenes: readonly Scene[], withApp: boolean): Generator<Planned> {
  const killers = Object.entries(victims);
  for (let round = 0; ; round++) {
    for (const [index, scene] of scenes.entries()) {
      // The app takes seconds to start: it is every ninth victim.
      const turn = round * scenes.length + index;
      const app = withApp && turn % 9 === 8;
      const [name, victim] = app ? (['app', killApp] as const) : killers[(round + index) % killers.length];
      const reach = scene.milliseconds + (name.startsWith('command') ? STARTING_MS : 0);
      const times = 1 + rng.int(3);
      // Of several, each goes on from where the one before it stopped.
      const moments = Array.from({ length: times }, () => Math.round((rng.uniform() * reach) / times));
      yield { name, victim, scene, moments };
    }
  }
}
