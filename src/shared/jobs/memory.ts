/** Owns which of a job's parameters its memory depends on, so that typing a prompt measures nothing again. */
import { fieldsOf } from '../field.ts';
import { type JobKind, type JobRequestInput, jobParams } from './index.ts';

/** What a form asks `jobs.memory`: the parameters that are declared with `memory`, and the dataset. */
export function memoryInputs(kind: JobKind, params: Readonly<Record<string, unknown>>): JobRequestInput {
  const counted = fieldsOf(jobParams[kind]).filter(({ memory }) => memory);
  const names = ['datasetId', ...counted.map(({ name }) => name)];
  return {
    kind,
    params: Object.fromEntries(names.map((name) => [name, params[name]])),
  } as JobRequestInput;
}
