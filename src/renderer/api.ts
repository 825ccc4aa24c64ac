/** Owns the renderer's one door to main: typed requests that throw, and typed events. */
import type {
  CruxBridge,
  EventName,
  EventPayload,
  RequestInput,
  RequestName,
  RequestOutput,
} from '../shared/contract.ts';

declare global {
  interface Window {
    crux: CruxBridge;
  }
}

/** What main refused, in its own words; `code` is for callers that branch on it. */
export class RequestError extends Error {
  readonly code: string;
  readonly request: string;
  constructor(request: string, code: string, message: string) {
    super(message);
    this.name = 'RequestError';
    this.code = code;
    this.request = request;
  }
}

/** Asks main; throws RequestError with main's sentence when the answer is a refusal. */
export async function request<N extends RequestName>(
  name: N,
  input: RequestInput<N>,
): Promise<RequestOutput<N>> {
  if (!window.crux) {
    throw new RequestError(
      name,
      'no-bridge',
      'This window has no connection to Crux. Close it and start Crux again.',
    );
  }
  const answer = await window.crux.request(name, input);
  if (!answer.ok) throw new RequestError(name, answer.error.code, answer.error.message);
  return answer.value;
}

/** Listens to an event of main; returns the function that stops listening. */
export function listen<N extends EventName>(
  name: N,
  listener: (payload: EventPayload<N>) => void,
): () => void {
  return window.crux ? window.crux.on(name, listener) : () => {};
}

/** The sentence to show for anything thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
