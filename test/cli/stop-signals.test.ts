/** What a followed job does with signals, by a session whose clock and catalog the test moves. */
import { expect, onTestFinished, test } from 'vitest';
import { followJob } from '../../src/cli/run-job.ts';
import type { Session } from '../../src/cli/session.ts';
import type { Job } from '../../src/shared/jobs/job.ts';

const queued = { id: 7, kind: 'import', title: 'Import photos', state: 'queued' } as Job;

/** A job that is followed until `end`; `press` is one SIGINT. */
function follow(cancel: (clock: { ms: number }) => void) {
  const clock = { ms: 0 };
  const said = { err: '', cancels: 0, kills: 0 };
  let end: (job: Job) => void = () => {};
  const session = {
    io: {
      stderr: (text: string) => {
        said.err += text;
      },
      columns: null,
      nowMs: () => clock.ms,
    },
    cancel: () => {
      said.cancels++;
      cancel(clock);
    },
    follow: () =>
      new Promise<Job>((resolve) => {
        end = resolve;
      }),
    jobLog: () => [],
    kill: () => {
      said.kills++;
      return new Promise(() => {}); // its end would be the end of this process
    },
  } as unknown as Session;
  const before = process.listeners('SIGINT');
  const ended = followJob(session, queued);
  const [press] = process.listeners('SIGINT').filter((listener) => !before.includes(listener));
  onTestFinished(() => end(queued));
  return { clock, said, ended, end: (job: Job) => end(job), press: () => press('SIGINT') };
}

test('one Ctrl+C that arrives twice cancels, also where the cancel waits long for the catalog', async () => {
  const { clock, said, ended, end, press } = follow((time) => {
    time.ms += 15_000;
  });
  press();
  press(); // passed on by the outer process, at the same moment
  expect(said).toMatchObject({ cancels: 1, kills: 0 });
  clock.ms += 5000;
  end({ ...queued, state: 'cancelled' });
  await expect(ended).rejects.toThrow('crux jobs resume 7');
});

test('a second Ctrl+C kills', () => {
  const { clock, said, ended, press } = follow(() => {});
  ended.catch(() => {});
  press();
  clock.ms += 5000;
  press();
  expect(said).toMatchObject({ cancels: 1, kills: 1 });
});

test('a cancel that fails is told in one sentence, and the job is followed on', async () => {
  const { said, ended, end, press } = follow(() => {
    throw new Error('disk is full: 0.0 MB free at /x, about 1.0 MB needed');
  });
  press();
  expect(said.err).toMatch(/^crux: Import photos was not cancelled: disk is full: .* needed$/m);
  end({ ...queued, state: 'done' });
  expect((await ended).state).toBe('done');
});
