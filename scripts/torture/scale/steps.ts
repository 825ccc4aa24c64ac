/** Owns a campaign of measured steps: one after another, each judged, with a table of what each took. */
import { clock } from '../../../src/cli/format.ts';
import { table } from '../../bench/machine.ts';
import type { CampaignContext, Outcome } from '../frame/campaign.ts';
import type { Step } from './measure.ts';

export type Run = () => Promise<Step>;

export async function runSteps(ctx: CampaignContext, plan: readonly Run[]): Promise<Outcome> {
  const from = performance.now();
  const steps: Step[] = [];
  for (const step of plan) {
    ctx.signal.throwIfAborted();
    steps.push(await step().catch((error: Error) => broken(ctx, `step ${steps.length + 1}`, error)));
    const { name, seconds, told, fault } = steps.at(-1)!;
    ctx.log(`${name}: ${clock(seconds)}: ${fault ? `FAILED: ${fault}` : told}`);
    ctx.progress(steps.length, plan.length);
  }
  const failed = steps.flatMap(({ name, fault }) => (fault ? [`${name}: ${fault}`] : []));
  return {
    tried: steps.length,
    survived: steps.length - failed.length,
    failed,
    seconds: (performance.now() - from) / 1000,
    notes: figures(steps),
  };
}

/** A step that could not even be measured. */
function broken({ signal }: CampaignContext, name: string, { message }: Error): Step {
  signal.throwIfAborted();
  return { name, seconds: 0, engineMiB: null, mainMiB: null, told: '', fault: message };
}

export const resultOf = (answer: Record<string, unknown>) =>
  (answer.job as { result: Record<string, unknown> }).result;

export function expectSame(what: string, got: unknown, expected: number): void {
  if (got !== expected) throw new Error(`${what}: ${got}, expected ${expected}`);
}

export const count = (n: number): string => n.toLocaleString('en-GB');

function figures(steps: readonly Step[]): string {
  const mib = (value: number | null) => (value === null ? '' : `${count(Math.round(value))} MiB`);
  return table(
    ['step', 'time', 'main', 'engine', ''],
    steps.map(({ name, seconds, mainMiB, engineMiB, told, fault }) => [
      name,
      clock(seconds),
      mib(mainMiB),
      mib(engineMiB),
      fault ? 'failed' : told,
    ]),
  );
}
