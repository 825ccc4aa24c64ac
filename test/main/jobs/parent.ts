/** Owns a program with an engine, for tests that kill the program: prints the engine's number once a job runs. */
import { openCatalog } from '../../../src/main/catalog/index.ts';
import { EngineSupervisor } from '../../../src/main/jobs/supervisor.ts';

const [dir, source] = process.argv.slice(2);
const supervisor = new EngineSupervisor({ catalog: openCatalog(dir), role: 'cli' });
supervisor.on('job.updated', (job) => {
  if (job.stage === 'reading images' && job.done > 0) process.stdout.write(`${supervisor.pid}\n`);
});
supervisor.start();
supervisor.queue.enqueue({ kind: 'import', params: { source, name: 'photos' } });
