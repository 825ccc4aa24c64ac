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
import { displayLines, displayText } from '../shared/display-text.ts';
import { type PathTokens, resolvePaths } from './path-tokens.ts';
import type { RequestHandlers } from './requests.ts';
import { isOurPage } from './security.ts';

/** Characters of an error's message, and how many wrong places of a message it tells: what it quotes may be long. */
const mostCharacters = 2000;
const mostIssues = 5;

function failure(code: string, message: string): Answer<never> {
  const shown = displayLines(message);
  const cut = shown.length > mostCharacters ? `${shown.slice(0, mostCharacters)}…` : shown;
  return { ok: false, error: { code, message: cut } };
}

/** Of what was sent as the name of a request; anything but a text may refuse to become one. */
const nameOf = (name: unknown): string => (typeof name === 'string' ? name : typeof name);

/** An error's `code`, where it is one of ours (`not-found`, `invalid`, ...) and none of Node's or SQLite's. */
const codeOf = (error: unknown): string => {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^[a-z-]+$/.test(code) ? code : 'failed';
};

function explain({ issues }: ZodError): string {
  const said = issues
    .slice(0, mostIssues)
    .map(({ path, message }) => `${path.join('.') || 'value'}: ${message}`);
  return [...said, ...(issues.length > mostIssues ? [`and ${issues.length - mostIssues} more`] : [])].join(
    '; ',
  );
}

/** Answers one request as data; never throws. */
export async function answer(
  handlers: RequestHandlers,
  paths: PathTokens,
  name: unknown,
  sent: unknown,
): Promise<Answer<unknown>> {
  if (typeof name !== 'string' || !Object.hasOwn(requests, name))
    return failure('unknown-request', `"${nameOf(name)}" is not a known request`);
  const schema = requests[name as RequestName];
  try {
    const parsed = schema.input.safeParse(sent);
    if (!parsed.success) return failure('invalid-input', `${name}: ${explain(parsed.error)}`);
    const input = resolvePaths(schema.input, parsed.data, paths);
    const handler = handlers[name as RequestName] as (input: unknown) => unknown;
    const value = schema.output.safeParse(await handler(input));
    if (!value.success) {
      const message = `${name}: the answer does not fit the contract: ${explain(value.error)}`;
      console.error(displayText(message));
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

/** Pushes one event to the window. What does not fit the contract is told in the log: it must not end the program. */
export function pushEvent<N extends EventName>(
  contents: WebContents,
  name: N,
  payload: EventPayload<N>,
): void {
  if (contents.isDestroyed()) return;
  const checked = events[name].safeParse(payload);
  if (checked.success) contents.send('crux:event', name, checked.data);
  else console.error(displayText(`${name}: the event does not fit the contract: ${explain(checked.error)}`));
}
