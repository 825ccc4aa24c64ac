/** Owns saying, while a form is filled in, that a job would not fit into memory. */
import type { JobRequestInput } from '../../shared/jobs/index.ts';
import { useRequest } from '../queries.ts';

/** @param request only what memory depends on, so that typing a prompt asks nothing; null: the form is not right yet. */
export function MemoryNotice({ request }: { request: JobRequestInput | null }) {
  const none: JobRequestInput = { kind: 'generate', params: { datasetId: 1 } };
  const { data: warning } = useRequest(
    'jobs.memory',
    { request: request ?? none },
    { enabled: request !== null, keep: true },
  );
  if (!warning || !request) return null;
  return (
    <div className="notice" role="status">
      {warning}
    </div>
  );
}
