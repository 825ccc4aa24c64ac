/** Owns the answers of main where there is no window: nobody chooses a file, and nothing is shown. */
import type { Catalog } from '../../../src/main/catalog/index.ts';
import { EngineSupervisor } from '../../../src/main/jobs/supervisor.ts';
import {
  createRequestHandlers,
  type RequestDeps,
  type RequestHandlers,
  type WindowRequests,
} from '../../../src/main/requests.ts';

interface Own extends Partial<Omit<RequestDeps, 'catalog' | 'window'>> {
  window?: Partial<WindowRequests>;
}

/** Unless another supervisor is given, it is never started: jobs stay rows. */
export function handlersOf(catalog: Catalog, own: Own = {}): RequestHandlers {
  return createRequestHandlers({
    catalog,
    supervisor: new EngineSupervisor({ catalog, role: 'app' }),
    emit: () => {},
    ...own,
    window: {
      'app.info': () => ({
        version: '0',
        catalog: catalog.dir,
        engine: 'down',
        engineMessage: 'not started',
        platform: 'test',
      }),
      'dialog.choose': () => null,
      'shell.showItem': () => null,
      ...own.window,
    },
  });
}
