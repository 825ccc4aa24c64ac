/**
 * Owns `BrowserWindow` and its contents: one Chromium target per window, with every request intercepted,
 * the preload installed before the page's scripts, and IPC carried over a DevTools binding.
 */
import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cdp, Params, Result } from './cdp.ts';
import { type App, type IpcMain, type NativeTheme, newEvent, type Session } from './electron-api.ts';
import { makeWire } from './wire.ts';

const binding = `__standin_post_${process.pid}`;
const receiver = `__standin_receive_${process.pid}`;
const wire = makeWire();
const pageSource = readFileSync(join(import.meta.dirname, 'page.js'), 'utf8');

export interface WindowHost {
  cdp: Cdp;
  app: App;
  ipcMain: IpcMain;
  session: Session;
  nativeTheme: NativeTheme;
}

interface WindowOptions {
  width?: number;
  height?: number;
  x?: number;
  y?: number;
  title?: string;
  show?: boolean;
  webPreferences?: {
    preload?: string;
    contextIsolation?: boolean;
    nodeIntegration?: boolean;
    sandbox?: boolean;
  };
}

type OpenHandler = (details: { url: string }) => { action: 'allow' | 'deny' };

/** Makes the two classes on one browser connection. */
export function makeWindowClasses(host: WindowHost) {
  const { cdp, app, ipcMain, session, nativeTheme } = host;
  const { schemes, handlers } = session.protocol;

  // Chromium knows no app://, so a page of a registered scheme lives at http://<host>.<scheme>.localhost;
  // every request there is answered here and none reaches the network.
  const toReal = (url: string): string => {
    const [, scheme, authority, rest] = /^([a-z][a-z0-9+.-]*):\/\/([^/]*)(.*)$/i.exec(url) ?? [];
    return scheme && schemes.has(scheme) ? `http://${authority}.${scheme}.localhost${rest || '/'}` : url;
  };
  const fromReal = (url: string): string => {
    const [, authority, scheme, rest] =
      /^http:\/\/([^/]*)\.([a-z0-9+-]+)\.localhost(\/.*)?$/i.exec(url) ?? [];
    return scheme && schemes.has(scheme) ? `${scheme}://${authority}${rest ?? '/'}` : url;
  };

  const opening = new Map<string, (sessionId: string) => void>(); // our own targets, until attached
  const attached = new Map<string, string>(); // targets attached before their opener asked
  const contentsByTarget = new Map<string, WebContents>();

  cdp.on('', (method, params) => {
    if (method === 'Target.attachedToTarget') {
      const { targetId, openerId } = params.targetInfo;
      if (openerId !== undefined) {
        contentsByTarget.get(openerId)?.popup(targetId, params.targetInfo.url);
      } else {
        attached.set(targetId, params.sessionId);
        opening.get(targetId)?.(params.sessionId);
      }
    } else if (method === 'Target.targetDestroyed') {
      contentsByTarget.get(params.targetId)?.window.gone();
    }
  });

  async function openTarget(width: number, height: number): Promise<{ targetId: string; sessionId: string }> {
    const { targetId } = await cdp.send('Target.createTarget', {
      url: 'about:blank',
      width,
      height,
      newWindow: true,
    });
    const sessionId =
      attached.get(targetId) ?? (await new Promise<string>((resolve) => opening.set(targetId, resolve)));
    opening.delete(targetId);
    attached.delete(targetId);
    return { targetId, sessionId };
  }

  let lastContents = 0;

  class WebContents extends EventEmitter {
    readonly id = ++lastContents;
    readonly session = session;
    readonly window: BrowserWindow;
    readonly mainFrame = { url: '', parent: null, name: '' };
    readonly ready: Promise<void>;
    targetId = '';
    #sessionId = '';
    #destroyed = false;
    #openHandler: OpenHandler = () => ({ action: 'allow' });
    #loading: string | null = null;
    #webRtc = 'default';
    #mainFrameId = '';

    constructor(window: BrowserWindow, options: WindowOptions) {
      super();
      this.window = window;
      this.ready = this.#create(options);
      this.ready.catch((error) => console.error('stand-in: window:', error));
      app.emit('web-contents-created', newEvent({}), this);
    }

    #send = (method: string, params: Params = {}): Promise<Result> =>
      cdp.send(method, params, this.#sessionId);

    async #create(options: WindowOptions): Promise<void> {
      const { width = 800, height = 600 } = options;
      const preload = options.webPreferences?.preload;
      const target = await openTarget(width, height);
      this.targetId = target.targetId;
      this.#sessionId = target.sessionId;
      contentsByTarget.set(this.targetId, this);
      cdp.on(this.#sessionId, (method, params) => this.#event(method, params));
      const parts = [
        `binding: ${JSON.stringify(binding)}, receiver: ${JSON.stringify(receiver)}`,
        `makeWire: ${makeWire.toString()}`,
        `versions: ${JSON.stringify(process.versions)}, platform: ${JSON.stringify(process.platform)}`,
        `preload: function (require, module, exports, process) {\n${preload ? readFileSync(preload, 'utf8') : ''}\n}`,
      ];
      const source = `(() => {\n${pageSource}\ninstall({ ${parts.join(',\n')} });\n})()`;
      await Promise.all([
        this.#send('Page.enable'),
        this.#send('Runtime.enable'),
        this.#send('Inspector.enable'),
        this.#send('Runtime.addBinding', { name: binding }),
        this.#send('Page.addScriptToEvaluateOnNewDocument', { source }),
        this.#send('Fetch.enable', { patterns: [{ urlPattern: '*', requestStage: 'Request' }] }),
        this.resize(width, height),
        this.theme(),
        this.#permissions(),
        this.#send('Runtime.runIfWaitingForDebugger'),
      ]);
      const { frameTree } = await this.#send('Page.getFrameTree');
      this.#mainFrameId = frameTree.frame.id;
    }

    resize(width: number, height: number): Promise<void> {
      return this.#send('Emulation.setDeviceMetricsOverride', {
        width,
        height,
        deviceScaleFactor: 0,
        mobile: false,
      });
    }
    theme(): Promise<void> {
      const value = nativeTheme.themeSource === 'system' ? '' : nativeTheme.themeSource;
      return this.#send('Emulation.setEmulatedMedia', {
        features: [{ name: 'prefers-color-scheme', value }],
      });
    }

    /** Asks the app's own handler once per permission, and tells Chromium its answer. */
    async #permissions(): Promise<void> {
      const handler = session.permissionRequest;
      if (handler === null) return;
      for (const name of ['geolocation', 'notifications', 'camera', 'microphone', 'clipboard-read', 'midi']) {
        let granted = false;
        handler(this, name, (answer) => {
          granted = answer;
        });
        await cdp.send('Browser.setPermission', {
          permission: { name },
          setting: granted ? 'granted' : 'denied',
        });
      }
    }

    #event(method: string, params: Result): void {
      if (method === 'Page.frameNavigated' && params.frame.parentId === undefined) {
        this.mainFrame.url = fromReal(params.frame.url);
        this.emit('did-navigate', newEvent({}), this.mainFrame.url);
      } else if (method === 'Page.domContentEventFired') {
        this.emit('dom-ready', newEvent({}));
      } else if (method === 'Page.loadEventFired' && schemes.has(this.mainFrame.url.split(':')[0])) {
        this.emit('did-finish-load', newEvent({}));
        this.window.readyToShow();
      } else if (method === 'Inspector.targetCrashed') {
        this.emit('render-process-gone', newEvent({}), { reason: 'crashed', exitCode: 1 });
      } else if (method === 'Fetch.requestPaused') {
        this.#request(params).catch((error: Error) => {
          // The page gave the request up while it was being answered, as it does with pictures scrolled past.
          if (error.message.includes('Invalid InterceptionId')) return;
          console.error('stand-in: request:', error.message);
        });
      } else if (method === 'Runtime.bindingCalled' && params.name === binding) {
        this.#message(JSON.parse(params.payload));
      }
    }

    /** A request of the page, before anything left: navigation rules, the session's filter, scheme handlers. */
    async #request({ requestId, request, resourceType, frameId }: Result): Promise<void> {
      const url = fromReal(request.url);
      const refuse = (errorReason: string) => this.#send('Fetch.failRequest', { requestId, errorReason });
      if (resourceType === 'Document' && !this.#mayNavigate(url, frameId === this.#mainFrameId))
        return refuse('Aborted');
      const filter = session.beforeRequest;
      if (filter !== null) {
        const details = { url, method: request.method, resourceType };
        const { cancel } = await new Promise<{ cancel?: boolean }>((resolve) => filter(details, resolve));
        if (cancel) return refuse('BlockedByClient');
      }
      const handler = handlers.get(url.split(':')[0]);
      if (handler === undefined) return this.#send('Fetch.continueRequest', { requestId });
      const response = await handler(new Request(url.replace(/#.*/, ''), { method: request.method }));
      await this.#send('Fetch.fulfillRequest', {
        requestId,
        responseCode: response.status,
        responseHeaders: [...response.headers].map(([name, value]) => ({ name, value })),
        body: Buffer.from(await response.arrayBuffer()).toString('base64'),
      });
    }

    #mayNavigate(url: string, main: boolean): boolean {
      if (main && (url === this.#loading || url === this.mainFrame.url)) return true;
      const event = newEvent({ url, isMainFrame: main });
      this.emit('will-frame-navigate', event);
      if (main) this.emit('will-navigate', event, url);
      return !event.defaultPrevented;
    }

    async #message(message: Result): Promise<void> {
      const event = { sender: this, senderFrame: { ...this.mainFrame }, frameId: 1, processId: 1 };
      if (message.kind === 'preload-error') {
        this.emit('preload-error', newEvent({}), '', new Error(message.error));
      } else if (message.kind === 'open') {
        this.#open(message.url);
      } else if (message.kind === 'send') {
        ipcMain.emit(message.channel, event, ...message.args.map(wire.decode));
      } else if (message.kind === 'invoke') {
        const answer: Record<string, unknown> = { kind: 'result', call: message.call };
        try {
          const handler = ipcMain.handlers.get(message.channel);
          if (handler === undefined) throw new Error(`No handler registered for '${message.channel}'`);
          answer.value = wire.encode(structuredClone(await handler(event, ...message.args.map(wire.decode))));
        } catch (error) {
          answer.error = String(error);
        }
        this.#deliver(answer);
      }
    }

    #deliver(message: object): void {
      if (this.#destroyed) return;
      const text = JSON.stringify(JSON.stringify(message));
      const expression = `globalThis[${JSON.stringify(receiver)}]?.(${text})`;
      this.#send('Runtime.evaluate', { expression, silent: true }).catch(() => {}); // the page may be leaving
    }

    send(channel: string, ...args: unknown[]): void {
      const message = { kind: 'message', channel, args: args.map((a) => wire.encode(structuredClone(a))) };
      this.ready.then(() => this.#deliver(message));
    }

    async loadURL(url: string): Promise<void> {
      await this.ready;
      this.#loading = url;
      const loaded = new Promise((resolve) => this.once('did-finish-load', resolve));
      const { errorText } = await this.#send('Page.navigate', { url: toReal(url) });
      if (errorText) throw new Error(`${errorText} loading '${url}'`);
      await loaded;
      this.#loading = null;
    }

    setWebRTCIPHandlingPolicy(policy: string): void {
      this.#webRtc = policy;
    }
    getWebRTCIPHandlingPolicy = (): string => this.#webRtc;
    setWindowOpenHandler(handler: OpenHandler): void {
      this.#openHandler = handler;
    }
    #open(url: string): void {
      if (this.#openHandler({ url: fromReal(url) }).action !== 'deny')
        console.error('stand-in: windows opened by a page are not reproduced');
    }
    /** A window that came about in another way than page.js watches; closed once its opener goes on. */
    popup(targetId: string, url: string): void {
      this.#open(url);
      setTimeout(() => cdp.send('Target.closeTarget', { targetId }).catch(() => {}), 300);
    }
    getURL = (): string => this.mainFrame.url;
    isDestroyed = (): boolean => this.#destroyed;
    close(): void {
      this.window.close();
    }
    gone(): void {
      this.#destroyed = true;
      contentsByTarget.delete(this.targetId);
      this.emit('destroyed');
    }
  }

  const windows = new Map<number, BrowserWindow>();
  let lastWindow = 0;

  class BrowserWindow extends EventEmitter {
    readonly id = ++lastWindow;
    readonly webContents: WebContents;
    #bounds: { x: number; y: number; width: number; height: number };
    #visible: boolean;
    #shown = false;
    #maximized = false;
    #destroyed = false;

    constructor(options: WindowOptions = {}) {
      super();
      const { x = 0, y = 0, width = 800, height = 600, webPreferences } = options;
      if (webPreferences?.nodeIntegration || webPreferences?.contextIsolation === false)
        throw new Error('stand-in: a window with Node in it cannot be reproduced');
      this.#bounds = { x, y, width, height };
      this.#visible = options.show !== false;
      windows.set(this.id, this);
      this.webContents = new WebContents(this, options);
      app.emit('browser-window-created', newEvent({}), this);
    }
    static getAllWindows = (): BrowserWindow[] => [...windows.values()];
    static fromWebContents = (contents: WebContents | null): BrowserWindow | null => contents?.window ?? null;
    static fromId = (id: number): BrowserWindow | null => windows.get(id) ?? null;
    static getFocusedWindow = (): BrowserWindow | null => [...windows.values()].at(-1) ?? null;

    loadURL = (url: string): Promise<void> => this.webContents.loadURL(url);
    readyToShow(): void {
      if (this.#shown) return;
      this.#shown = true;
      this.emit('ready-to-show', newEvent({}));
    }
    show(): void {
      this.#visible = true;
      this.emit('show', newEvent({}));
    }
    focus(): void {
      this.emit('focus', newEvent({}));
    }
    isVisible = (): boolean => this.#visible;
    isDestroyed = (): boolean => this.#destroyed;
    isMinimized = (): boolean => false;
    isMaximized = (): boolean => this.#maximized;
    isFocused = (): boolean => true;
    restore(): void {}
    maximize(): void {
      this.#maximized = true;
    }
    unmaximize(): void {
      this.#maximized = false;
    }
    setTitle(): void {}
    setProgressBar(): void {}
    setBackgroundColor(): void {}
    getBounds = () => ({ ...this.#bounds });
    getNormalBounds = () => ({ ...this.#bounds });
    setBounds(bounds: Partial<{ x: number; y: number; width: number; height: number }>): void {
      Object.assign(this.#bounds, bounds);
      this.webContents.ready.then(() => this.webContents.resize(this.#bounds.width, this.#bounds.height));
      this.emit('resize', newEvent({}));
    }
    setSize(width: number, height: number): void {
      this.setBounds({ width, height });
    }
    close(): void {
      const event = newEvent({});
      this.emit('close', event);
      if (!event.defaultPrevented) this.destroy();
    }
    destroy(): void {
      if (this.#destroyed) return;
      cdp.send('Target.closeTarget', { targetId: this.webContents.targetId }).catch(() => {});
      this.gone();
    }
    gone(): void {
      if (this.#destroyed) return;
      this.#destroyed = true;
      windows.delete(this.id);
      this.webContents.gone();
      this.emit('closed', newEvent({}));
      if (windows.size > 0 || app.quitting) return;
      if (app.listenerCount('window-all-closed') > 0) app.emit('window-all-closed');
      else app.quit();
    }
  }

  const allContents = (): WebContents[] => [...contentsByTarget.values()];
  nativeTheme.on('updated', () => {
    for (const contents of allContents()) contents.theme().catch(() => {});
  });
  app.windows = BrowserWindow.getAllWindows;
  const webContents = {
    getAllWebContents: allContents,
    fromId: (id: number) => allContents().find((c) => c.id === id) ?? null,
    fromDevToolsTargetId: (targetId: string) => contentsByTarget.get(targetId) ?? null,
  };
  return { BrowserWindow, webContents };
}
