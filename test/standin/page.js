/**
 * Runs at document start of the top frame, before any script of the page: gives the preload its
 * `require('electron')` and runs it in a closure, which is as near as one world comes to an isolated one.
 * `install` is self-contained; main sends its source text with the values of its parameters.
 */
// biome-ignore lint/correctness/noUnusedVariables: called from the text that main composes.
function install({ binding, receiver, makeWire, versions, platform, preload }) {
  const post = globalThis[binding];
  delete globalThis[binding];
  if (window !== window.top || typeof post !== 'function') return;
  const { encode, decode } = makeWire();
  const clone = structuredClone.bind(globalThis);
  const send = (message) => post(JSON.stringify(message));
  const pending = new Map(); // call number -> { resolve, reject }
  const listeners = new Map(); // channel -> listener[]
  let calls = 0;

  Object.defineProperty(globalThis, receiver, {
    configurable: true,
    value: (text) => {
      const message = JSON.parse(text);
      if (message.kind === 'result') {
        const call = pending.get(message.call);
        pending.delete(message.call);
        if ('error' in message) call?.reject(new Error(message.error));
        else call?.resolve(decode(message.value));
      } else {
        const args = message.args.map(decode);
        for (const listener of [...(listeners.get(message.channel) ?? [])]) {
          listener({ sender: ipcRenderer, senderId: 0, ports: [] }, ...args);
        }
      }
    },
  });

  const on = (channel, listener) => {
    listeners.set(channel, [...(listeners.get(channel) ?? []), listener]);
    return ipcRenderer;
  };
  const off = (channel, listener) => {
    const left = (listeners.get(channel) ?? []).filter((l) => l !== listener);
    listeners.set(channel, left);
    return ipcRenderer;
  };
  const ipcRenderer = {
    invoke: async (channel, ...args) => {
      const message = { kind: 'invoke', call: ++calls, channel, args: args.map((a) => encode(clone(a))) };
      try {
        return await new Promise((resolve, reject) => {
          pending.set(message.call, { resolve, reject });
          send(message);
        });
      } catch (error) {
        throw new Error(`Error invoking remote method '${channel}': ${error.message}`);
      }
    },
    send: (channel, ...args) => send({ kind: 'send', channel, args: args.map((a) => encode(clone(a))) }),
    on,
    addListener: on,
    off,
    removeListener: off,
  };

  // What crosses the bridge is copied, functions become proxies, and the whole is frozen.
  const cross = (value) => {
    if (typeof value === 'function') return (...args) => cross(value(...args.map(cross)));
    if (value === null || typeof value !== 'object') {
      if (typeof value === 'symbol') throw new Error('symbols cannot cross the bridge');
      return value;
    }
    if (value instanceof Promise) return value.then(cross, (error) => Promise.reject(cross(error)));
    if (value instanceof Error) return new Error(value.message);
    if (Array.isArray(value)) return value.map(cross);
    if (Object.prototype.toString.call(value) !== '[object Object]') return clone(value);
    return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, cross(field)]));
  };
  const freeze = (value) => {
    if (value !== null && typeof value === 'object' && !ArrayBuffer.isView(value)) {
      Object.values(value).forEach(freeze);
      Object.freeze(value);
    }
    return value;
  };
  const contextBridge = {
    exposeInMainWorld: (key, api) => {
      if (key in window) throw new Error(`window.${key} exists already`);
      Object.defineProperty(window, key, { value: freeze(cross(api)), enumerable: true });
    },
  };

  // New windows: asked of the app's handler by message, before Chromium makes anything. A denied one is null.
  Object.defineProperty(window, 'open', {
    value: (url = 'about:blank') => {
      send({ kind: 'open', url: new URL(url, location.href).href });
      return null;
    },
  });
  window.addEventListener('click', (event) => {
    const link = event.target instanceof Element ? event.target.closest('a[href][target]') : null;
    if (link === null || event.defaultPrevented || ['_self', '_top', '_parent'].includes(link.target)) return;
    event.preventDefault();
    send({ kind: 'open', url: link.href });
  });

  // A sandboxed preload may require these and no more.
  const require = (name) => {
    if (name === 'electron' || name === 'electron/renderer') return { ipcRenderer, contextBridge };
    throw new Error(`module not found: ${name}`);
  };
  const process = { type: 'renderer', sandboxed: true, contextIsolated: true, platform, versions, env: {} };
  const module = { exports: {} };
  try {
    preload(require, module, module.exports, process);
  } catch (error) {
    console.error('Unable to load preload script', error);
    send({ kind: 'preload-error', error: String(error?.stack ?? error) });
  }
}
