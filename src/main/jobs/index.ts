/** Owns the public names of job queue and supervision. */
export { type Engine, releaseOrphans } from './lease.ts';
export { engineEntry, nodeBinary } from './node-binary.ts';
export { JobQueue } from './queue.ts';
export { EngineSupervisor, type SupervisorOptions } from './supervisor.ts';
