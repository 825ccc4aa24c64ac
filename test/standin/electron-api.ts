/**
 * Owns the parts of Electron's main-process interface that need no window: app, ipcMain, protocol, session,
 * dialog, Menu, nativeTheme, shell, screen. Only what Crux uses is here; anything else is an error that
 * names it (see electron-standin.ts).
 */
import { EventEmitter } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface Host {
  appDirectory: string;
  version: string;
  name: string;
  userData: string;
  packaged: boolean;
  /** Ends Chromium and this process. */
  shutdown(code: number): void;
}

export const newEvent = <T extends object>(fields: T) => {
  const event = {
    ...fields,
    defaultPrevented: false,
    preventDefault: () => {
      event.defaultPrevented = true;
    },
  };
  return event;
};

interface Closable {
  close(): void;
  destroy(): void;
}

export class App extends EventEmitter {
  readonly isPackaged: boolean;
  readonly name: string;
  /** Kept, so that it can be asked for; Chromium runs already, and reads none of it (electron-standin.ts). */
  readonly #switches = new Map<string, string>();
  readonly commandLine = {
    appendSwitch: (name: string, value = ''): void => {
      if (this.#ready) throw new Error(`--${name} has no effect once the app is ready`);
      this.#switches.set(name, value);
    },
    appendArgument() {},
    hasSwitch: (name: string): boolean => this.#switches.has(name),
    getSwitchValue: (name: string): string => this.#switches.get(name) ?? '',
  };
  readonly #host: Host;
  readonly #paths: Record<string, string> = {};
  readonly #whenReady: Promise<void>;
  #resolveReady: () => void = () => {};
  #ready = false;
  #quitting = false;
  #lock: string | null = null;
  /** Filled by electron-window.ts. */
  windows: () => Closable[] = () => [];

  constructor(host: Host) {
    super();
    this.#host = host;
    this.isPackaged = host.packaged;
    this.name = host.name;
    this.#whenReady = new Promise((resolve) => {
      this.#resolveReady = resolve;
    });
  }
  becomeReady(): void {
    this.#ready = true;
    this.#resolveReady();
    this.emit('ready', {}, {});
  }
  whenReady = (): Promise<void> => this.#whenReady;
  isReady = (): boolean => this.#ready;
  enableSandbox(): void {
    if (this.#ready) throw new Error('app.enableSandbox() must be called before app is ready');
  }
  configureHostResolver(): void {
    if (!this.#ready) throw new Error('configureHostResolver cannot be called before the app is ready');
  }
  getAppPath = (): string => this.#host.appDirectory;
  getVersion = (): string => this.#host.version;
  setName(): void {}
  getName = (): string => this.name;
  getLocale = (): string => 'en-US';
  setAppUserModelId(): void {}
  getPath(name: string): string {
    const userData = this.#paths.userData ?? this.#host.userData;
    const known: Record<string, string> = {
      userData,
      sessionData: userData,
      appData: dirname(this.#host.userData),
      temp: tmpdir(),
      home: homedir(),
      exe: process.execPath,
      logs: join(userData, 'logs'),
      documents: join(homedir(), 'Documents'),
    };
    const path = this.#paths[name] ?? known[name];
    if (path === undefined) throw new Error(`Failed to get '${name}' path`);
    return path;
  }
  setPath(name: string, path: string): void {
    this.#paths[name] = path;
  }
  requestSingleInstanceLock(): boolean {
    const file = join(this.getPath('userData'), 'standin.lock');
    mkdirSync(dirname(file), { recursive: true });
    try {
      process.kill(Number(readFileSync(file, 'utf8')), 0);
      return false; // a living process holds it; the real one would tell it 'second-instance'
    } catch {
      writeFileSync(file, String(process.pid));
      this.#lock = file;
      return true;
    }
  }
  hasSingleInstanceLock = (): boolean => this.#lock !== null;
  quit(): void {
    if (this.#quitting) return;
    const before = newEvent({});
    this.emit('before-quit', before);
    if (before.defaultPrevented) return;
    this.#quitting = true;
    for (const window of this.windows()) window.close();
    if (this.windows().length > 0) {
      this.#quitting = false; // a window refused to close
      return;
    }
    const will = newEvent({});
    this.emit('will-quit', will);
    if (will.defaultPrevented) {
      this.#quitting = false;
      return;
    }
    this.exit(0);
  }
  get quitting(): boolean {
    return this.#quitting;
  }
  exit(code = 0): void {
    this.emit('quit', {}, code);
    if (this.#lock !== null) rmSync(this.#lock, { force: true });
    this.#host.shutdown(code);
  }
}

type Handler = (event: object, ...args: unknown[]) => unknown;

export class IpcMain extends EventEmitter {
  readonly handlers = new Map<string, Handler>();
  handle(channel: string, handler: Handler): void {
    if (this.handlers.has(channel)) throw new Error(`a second handler for '${channel}'`);
    this.handlers.set(channel, handler);
  }
  removeHandler(channel: string): void {
    this.handlers.delete(channel);
  }
}

export class Protocol {
  readonly schemes = new Set<string>();
  readonly handlers = new Map<string, (request: Request) => Response | Promise<Response>>();
  readonly #app: App;
  constructor(app: App) {
    this.#app = app;
  }
  registerSchemesAsPrivileged(list: { scheme: string }[]): void {
    if (this.#app.isReady())
      throw new Error('protocol.registerSchemesAsPrivileged should be called before app is ready');
    for (const { scheme } of list) this.schemes.add(scheme);
  }
  handle(scheme: string, handler: (request: Request) => Response | Promise<Response>): void {
    if (this.handlers.has(scheme)) throw new Error(`a second handler for ${scheme}:`);
    this.handlers.set(scheme, handler);
  }
}

type BeforeRequest = (
  details: { url: string; method: string; resourceType: string },
  callback: (answer: { cancel?: boolean }) => void,
) => void;
type PermissionHandler = (
  contents: unknown,
  permission: string,
  callback: (granted: boolean) => void,
) => void;

export class Session extends EventEmitter {
  beforeRequest: BeforeRequest | null = null;
  permissionRequest: PermissionHandler | null = null;
  readonly protocol: Protocol;
  readonly webRequest = {
    onBeforeRequest: (listener: BeforeRequest) => {
      this.beforeRequest = listener;
    },
  };
  constructor(protocol: Protocol) {
    super();
    this.protocol = protocol;
  }
  setPermissionRequestHandler(handler: PermissionHandler): void {
    this.permissionRequest = handler;
  }
  setPermissionCheckHandler(): void {}
  setDevicePermissionHandler(): void {}
  setSpellCheckerEnabled(): void {}
}

/** Every dialog is cancelled, until a spec puts its own function in place through `app.evaluate`. */
export const dialog = {
  showOpenDialog: async () => ({ canceled: true, filePaths: [] as string[] }),
  showSaveDialog: async () => ({ canceled: true, filePath: '' }),
  showMessageBox: async () => ({ response: 0, checkboxChecked: false }),
  showErrorBox: (title: string, content: string) => console.error(`[dialog] ${title}: ${content}`),
};

interface ItemOptions {
  id?: string;
  label?: string;
  role?: string;
  accelerator?: string;
  submenu?: ItemOptions[];
  click?(): void;
}

export class Menu {
  static #application: Menu | null = null;
  readonly items: (Omit<ItemOptions, 'submenu'> & { submenu?: Menu })[];
  constructor(template: ItemOptions[] = []) {
    this.items = template.map(({ submenu, ...item }) => ({
      ...item,
      ...(submenu === undefined ? {} : { submenu: new Menu(submenu) }),
    }));
  }
  static buildFromTemplate = (template: ItemOptions[]): Menu => new Menu(template);
  static setApplicationMenu(menu: Menu | null): void {
    Menu.#application = menu;
  }
  static getApplicationMenu = (): Menu | null => Menu.#application;
  getMenuItemById(id: string): { click?(): void } | null {
    for (const item of this.items) {
      if (item.id === id) return item;
      const inside = item.submenu?.getMenuItemById(id) ?? null;
      if (inside !== null) return inside;
    }
    return null;
  }
}

type ThemeSource = 'system' | 'dark' | 'light';

export class NativeTheme extends EventEmitter {
  #source: ThemeSource = 'system';
  get themeSource(): ThemeSource {
    return this.#source;
  }
  set themeSource(source: ThemeSource) {
    this.#source = source;
    this.emit('updated');
  }
  get shouldUseDarkColors(): boolean {
    return this.#source === 'dark';
  }
}

export const shell = {
  /** What would have been shown in the file manager; specs read it. */
  shown: [] as string[],
  showItemInFolder(path: string): void {
    shell.shown.push(path);
  },
  async openPath(path: string): Promise<string> {
    shell.shown.push(path);
    return '';
  },
};

const display = { id: 1, scaleFactor: 1, workArea: { x: 0, y: 0, width: 1920, height: 1080 } };
export const screen = Object.assign(new EventEmitter(), {
  getPrimaryDisplay: () => display,
  getDisplayMatching: () => display,
});
