/**
 * Owns the border between renderer and main: every request is checked on the way in (sender, name, input, paths)
 * and on the way out (output); every event is checked before it is pushed.
 */
import type { IpcMainInvokeEvent, WebContents } from 'electron';
import { ZodError } from 'zod';
import {
  type Answer,
  type EventName,
  type EventPayload,
  events,
  type RequestName,
  requests,
} from '../shared/contract.ts';
import { type PathTokens, resolvePaths } from './path-tokens.ts';
import type { RequestHandlers } from './requests.ts';
import { isOurPage } from './security.ts';

const failure = (code: string, message: string): Answer<never> => ({ ok: false, error: { code, message } });

/** An error's `code`, where it is one of ours (`not-found`, `invalid`, ...). */
const codeOf = (error: unknown): string => {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && code !== '' ? code : 'failed';
};

const explain = (error: ZodError): string =>
  error.issues.map((issue) => `${issue.path.join('.') || 'value'}: ${issue.message}`).join('; ');

/** Answers one request as data; never throws. */
export async function answer(
  handlers: RequestHandlers,
  paths: PathTokens,
  name: unknown,
  sent: unknown,
): Promise<Answer<unknown>> {
  if (typeof name !== 'string' || !Object.hasOwn(requests, name))
    return failure('unknown-request', `"${String(name)}" is no request of the contract`);
  const schema = requests[name as RequestName];
  const parsed = schema.input.safeParse(sent);
  if (!parsed.success) return failure('invalid-input', `${name}: ${explain(parsed.error)}`);
  try {
    const input = resolvePaths(schema.input, parsed.data, paths);
    const handler = handlers[name as RequestName] as (input: unknown) => unknown;
    const value = schema.output.safeParse(await handler(input));
    if (!value.success) {
      const message = `${name}: the answer does not fit the contract: ${explain(value.error)}`;
      console.error(message);
      return failure('invalid-output', message);
    }
    return { ok: true, value: value.data };
  } catch (error) {
    const message =
      error instanceof ZodError ? explain(error) : error instanceof Error ? error.message : String(error);
    return failure(codeOf(error), message);
  }
}

/** The listener of the `crux:request` channel: answers the main frame of our own page, and nobody else. */
export function requestListener(handlers: RequestHandlers, paths: PathTokens) {
  return (event: IpcMainInvokeEvent, name: unknown, input: unknown): Promise<Answer<unknown>> => {
    const frame = event.senderFrame;
    if (frame === null || frame.parent != null || !isOurPage(frame.url))
      return Promise.resolve(failure('untrusted-sender', 'this page may not speak to Crux'));
    return answer(handlers, paths, name, input);
  };
}

/** Pushes one event to the window, if it is one of the contract's. */
export function pushEvent<N extends EventName>(
  contents: WebContents,
  name: N,
  payload: EventPayload<N>,
): void {
  if (contents.isDestroyed()) return;
  contents.send('crux:event', name, events[name].parse(payload));
}
