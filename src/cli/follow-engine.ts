/** Owns following one job through the engine: its progress, the engine's deaths, and an engine that is given up. */
import type { EngineSupervisor } from '../main/jobs/index.ts';
import type { Job } from '../shared/jobs/job.ts';
import { CliError } from './errors.ts';

/** Resolves with the ended job. Errors: the supervisor gave the engine up, with its last words. */
export async function followEngine(
  supervisor: EngineSupervisor,
  job: Job,
  onUpdate: (job: Job) => void,
  onNote: (text: string) => void,
): Promise<Job> {
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
      if (state === 'stopped')
        giveUp(new CliError(`${message}; fix that, then run: crux jobs resume ${job.id}`, 'engine'));
      else if (state === 'down' && wasReady) onNote(`${message}; a new one resumes the job`);
      wasReady = state === 'ready';
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
