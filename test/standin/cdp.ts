/**
 * Owns one DevTools connection to Chromium: requests with answers, and events by session.
 */
export type Params = Record<string, unknown>;
// biome-ignore lint/suspicious/noExplicitAny: the protocol's results are as many types as it has methods.
export type Result = any;

export interface Cdp {
  send(method: string, params?: Params, sessionId?: string): Promise<Result>;
  /** Events of one session, or of the browser itself ('' ). */
  on(sessionId: string, listener: (method: string, params: Result) => void): void;
}

interface Waiting {
  method: string;
  resolve(result: Result): void;
  reject(error: Error): void;
}

export async function connectCdp(url: string): Promise<Cdp> {
  const socket = new WebSocket(url);
  await new Promise<void>((resolve, reject) => {
    socket.onopen = () => resolve();
    socket.onerror = () => reject(new Error(`stand-in: no DevTools connection to ${url}`));
  });
  const waiting = new Map<number, Waiting>();
  const listeners = new Map<string, (method: string, params: Result) => void>();
  let last = 0;
  socket.onmessage = (event) => {
    const message = JSON.parse(String(event.data));
    if (message.id === undefined) {
      listeners.get(message.sessionId ?? '')?.(message.method, message.params);
      return;
    }
    const call = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.error) call?.reject(new Error(`${call.method}: ${message.error.message}`));
    else call?.resolve(message.result);
  };
  socket.onclose = () => {
    for (const call of waiting.values()) call.reject(new Error(`${call.method}: the browser is gone`));
    waiting.clear();
  };
  return {
    send: (method, params = {}, sessionId) =>
      new Promise((resolve, reject) => {
        if (socket.readyState !== WebSocket.OPEN) return reject(new Error(`${method}: the browser is gone`));
        const id = ++last;
        waiting.set(id, { method, resolve, reject });
        socket.send(JSON.stringify({ id, method, params, sessionId }));
      }),
    on: (sessionId, listener) => listeners.set(sessionId, listener),
  };
}
