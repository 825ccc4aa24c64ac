/** Owns the public names of job queue and supervision. */

export { engineEntry, nodeBinary } from '../runtime/node-binary.ts';
export { JobQueue } from './queue.ts';
export { EngineSupervisor, type SupervisorOptions } from './supervisor.ts';
