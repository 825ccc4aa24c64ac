/**
 * Owns the attack by requests: what a window that was taken over can send, thrown at the real border and the real handlers
 * on a catalog with data. The window's own dialogs are answered by files of the campaign's folder.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { rngFromSeed } from '../../src/core/rng.ts';
import { openCatalog } from '../../src/main/catalog/index.ts';
import { answer } from '../../src/main/ipc.ts';
import { EngineSupervisor } from '../../src/main/jobs/supervisor.ts';
import { PathTokens, resolvePaths } from '../../src/main/path-tokens.ts';
import type { RequestHandlers } from '../../src/main/requests.ts';
import { type Answer, type RequestName, requests } from '../../src/shared/contract.ts';
import { handlersOf } from '../../test/main/support/handlers.ts';
import type { CampaignContext, Outcome } from './frame/campaign.ts';
import { fillCatalog, writeChosenFiles } from './requests/catalog.ts';
import { fitting, largest, pick, spoiled, type TokenFor, wrongThroughout } from './requests/messages.ts';

/** Checking a message, in or out, may hold main up for so long. */
const MOST_MS = 50;
/** What a message of an error must not be: a fault of ours that nobody foresaw. */
const unforeseen =
  /is not a function|Cannot (read|convert|mix)|is not iterable|Maximum call stack|Invalid array length|null prototype/;
/** Answered by programs of their own, a second each: asked a few times. */
const slow: readonly RequestName[] = ['doctor.run', 'models.check', 'models.add'];

export default {
  name: 'requests',
  title: 'Hostile requests of the window',
  means: `Every request of the contract is sent with values that fit, with all lists and texts at their limits, with wrong elements
throughout, and with hostile values at places of chance: NaN, prototype keys, a million elements, 2,000 levels, typed
arrays. Survived is a request that is answered as the contract says or refused with a sentence, without a fault of
SQLite or JavaScript showing through, and none of whose messages, question or answer, takes ${MOST_MS} ms to check.`,
  async run(ctx: CampaignContext): Promise<Outcome> {
    const from = performance.now();
    const outcome = { tried: 0, survived: 0, failed: [] as string[] };
    const target = openTarget(ctx);
    const stray: string[] = [];
    const onStray = (reason: unknown) => void stray.push(String(reason));
    process.on('unhandledRejection', onStray);
    try {
      const total = ctx.quick ? 2000 : 20_000;
      for (const { name, kind, message } of messages(ctx.seed, total, target.tokenFor)) {
        ctx.signal.throwIfAborted();
        const wrong = await target.ask(name, message);
        outcome.tried++;
        if (wrong === null) outcome.survived++;
        else outcome.failed.push(`${String(name).slice(0, 60)} (${kind}, seed ${ctx.seed}): ${wrong}`);
        if (outcome.tried % 100 === 0) ctx.progress(Math.min(outcome.tried, total), total);
      }
    } finally {
      process.off('unhandledRejection', onStray);
      await target.close();
    }
    outcome.failed.push(...stray.map((reason) => `an error that nobody caught: ${reason}`));
    if (Object.keys(Object.prototype).length > 0) outcome.failed.push('Object.prototype was changed');
    const notes = `${target.answered.count} were answered, the others refused. The slowest check of a message took ${target.slowest.ms.toFixed(0)} ms (${target.slowest.of}).`;
    return { ...outcome, seconds: (performance.now() - from) / 1000, notes };
  },
};

function* messages(seed: number, total: number, tokenFor: TokenFor) {
  const names = Object.keys(requests) as RequestName[];
  for (const name of names)
    for (const message of largest(requests[name].input, tokenFor)) {
      yield { name, kind: 'largest', message };
      yield { name, kind: 'wrong throughout', message: wrongThroughout(message) };
    }
  for (let i = 0; i < total; i++) {
    const rng = rngFromSeed(seed, `request ${i}`);
    let name = pick(rng, names);
    if (slow.includes(name) && rng.uniform() > 0.02) name = 'images.ids';
    const message = fitting(requests[name].input, rng, tokenFor);
    const way = rng.uniform();
    if (way < 0.4) yield { name, kind: `fitting ${i}`, message };
    else if (way < 0.97) yield { name, kind: `spoiled ${i}`, message: spoiled(message, rng) };
    else yield { name: spoiled(name, rng) as RequestName, kind: `name ${i}`, message };
  }
}

function openTarget({ folder }: CampaignContext) {
  const catalog = openCatalog(join(folder, 'catalog'));
  fillCatalog(catalog, 2000, 5000);
  const files = join(folder, 'chosen');
  mkdirSync(files, { recursive: true });
  const chosen = writeChosenFiles(files);
  const paths = new PathTokens();
  let turn = 0;
  const tokenFor: TokenFor = (purposes) => {
    const purpose = purposes[turn % purposes.length];
    return paths.give(purpose, purpose.endsWith('folder') ? files : chosen[turn++ % chosen.length]).token;
  };
  const supervisor = new EngineSupervisor({ catalog, role: 'app' }); // never started: jobs stay rows
  const slowest = { ms: 0, of: 'none' };
  const answered = { count: 0 };
  /** The time of the fastest of three where one took a while: another program may have had the processor. */
  const timed = (of: string, check: () => unknown): void => {
    const once = () => {
      const before = performance.now();
      check();
      return performance.now() - before;
    };
    let ms = once();
    for (let i = 0; i < 2 && ms > MOST_MS / 4; i++) ms = Math.min(ms, once());
    if (ms > slowest.ms) Object.assign(slowest, { ms, of });
    if (ms > MOST_MS) late.push(`checking its ${of} took ${ms.toFixed(0)} ms`);
  };
  let late: string[] = [];
  const real = handlersOf(catalog, {
    supervisor,
    window: { 'dialog.choose': ({ purpose }) => paths.give(purpose, chosen[0]) },
  });
  const handlers = Object.fromEntries(
    Object.entries(real).map(([name, handler]) => [
      name,
      async (input: never) => {
        const value = await handler(input);
        timed(`answer to ${name}`, () => requests[name as RequestName].output.safeParse(value));
        return value;
      },
    ]),
  ) as unknown as RequestHandlers;

  async function ask(name: RequestName, sent: unknown): Promise<string | null> {
    const message = structuredClone(sent);
    late = [];
    if (typeof name === 'string' && Object.hasOwn(requests, name)) {
      const { input } = requests[name];
      timed(`question ${name}`, () => {
        const parsed = input.safeParse(message);
        if (!parsed.success) return;
        try {
          resolvePaths(input, parsed.data, paths);
        } catch {} // a token that nobody gave; told below
      });
    }
    try {
      const said = await answer(handlers, paths, name, message);
      if (said.ok) answered.count++;
      return wrongIn(said) ?? late[0] ?? null;
    } catch (error) {
      return `threw ${error}`;
    }
  }

  const close = async () => {
    await supervisor.stop();
    catalog.close();
  };
  return { ask, tokenFor, slowest, answered, close };
}

/** null: an answer as the contract has them. */
function wrongIn(answered: Answer<unknown>): string | null {
  if (answered.ok) return null;
  const { code, message } = answered.error;
  if (message === '' || message.length > 2100) return `an error of ${message.length} characters`;
  if (code === 'invalid-output' || code.startsWith('SQLITE') || unforeseen.test(message))
    return `${code}: ${message}`;
  return null;
}
