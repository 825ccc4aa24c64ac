/** Owns following one job through the engine: its progress, the engine's deaths, and an engine that cannot start. */
import type { EngineSupervisor } from '../main/jobs/index.ts';
import type { Job } from '../shared/jobs.ts';
import { CliError } from './errors.ts';

/** Starts in a row without getting ready after which the engine is given up. */
const mostFailedStarts = 4;

/** Resolves with the ended job. Errors: the engine does not start, with its last words. */
export async function followEngine(
  supervisor: EngineSupervisor,
  job: Job,
  onUpdate: (job: Job) => void,
  onNote: (text: string) => void,
): Promise<Job> {
  let failedStarts = 0;
  let wasReady = supervisor.state === 'ready';
  let giveUp: (error: Error) => void = () => {};
  const givenUp = new Promise<never>((_, reject) => {
    giveUp = reject;
  });
  givenUp.catch(() => {});
  const offs = [
    supervisor.on('job.updated', (updated) => {
      if (updated.id === job.id) onUpdate(updated);
    }),
    supervisor.on('engine.state', ({ state, message }) => {
      if (state === 'ready') {
        wasReady = true;
        failedStarts = 0;
      } else if (state === 'down') {
        if (wasReady) onNote(`${message}; a new one goes on where it stopped`);
        else if (++failedStarts >= mostFailedStarts)
          giveUp(new CliError(`${message}; the engine does not start, run crux doctor to see why`, 'engine'));
        wasReady = false;
      }
    }),
  ];
  try {
    supervisor.start();
    supervisor.wake();
    return await Promise.race([supervisor.waitFor(job.id), givenUp]);
  } finally {
    for (const off of offs) off();
  }
}
