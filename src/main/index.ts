/**
 * Owns the desktop program's start and end: which catalog, one instance per catalog, schemes, the window,
 * and the wiring of requests and events between window, catalog and engine.
 */
import { join } from 'node:path';
import { app, type BrowserWindow, dialog, ipcMain, Menu, nativeTheme, protocol, session } from 'electron';
import { type EventName, type EventPayload, events, imageScheme } from '../shared/contract.ts';
import { displayText } from '../shared/display-text.ts';
import { serveRenderer } from './app-scheme.ts';
import {
  type Catalog,
  imageFile,
  jobPictureFile,
  openCatalog,
  readSettings,
  thumbnailFile,
} from './catalog/index.ts';
import { windowRequests } from './desktop.ts';
import { serveImages } from './image-scheme.ts';
import { pushEvent, requestListener } from './ipc.ts';
import { EngineSupervisor } from './jobs/index.ts';
import { keepContentsOffline, keepOffline, keepResolverOffline } from './keep-offline.ts';
import { catalogDirectory, openDirectory, profileDirectory } from './locations.ts';
import { buildMenu } from './menu.ts';
import { PathTokens } from './path-tokens.ts';
import { createRequestHandlers } from './requests.ts';
import { appScheme, lockContents, lockSession } from './security.ts';
import { openWindow, startPage } from './window.ts';

const privileges = { standard: true, secure: true } as const;
protocol.registerSchemesAsPrivileged([
  { scheme: appScheme, privileges: { ...privileges, supportFetchAPI: true, codeCache: true } },
  { scheme: imageScheme, privileges },
]);
app.enableSandbox();
keepOffline(app.commandLine);

let window: BrowserWindow | null = null;

function push<N extends EventName>(name: N, payload: EventPayload<N>): void {
  if (window !== null && !window.isDestroyed()) pushEvent(window.webContents, name, payload);
}

function openProfile(): { directory: string; profile: string } {
  const userData = app.getPath('userData');
  const directory = openDirectory(catalogDirectory(process.argv, process.env, userData, process.cwd()));
  const profile = openDirectory(profileDirectory(userData, directory));
  app.setPath('userData', profile);
  return { directory, profile };
}

function createWindow(profile: string): void {
  window = openWindow({
    preload: join(import.meta.dirname, '../preload/index.cjs'),
    icon: join(app.getAppPath(), 'resources/icon.png'),
    stateFile: join(profile, 'window.json'),
    dark: nativeTheme.shouldUseDarkColors,
  });
  window.on('closed', () => {
    window = null;
  });
  // A page that is gone (out of memory, a driver) comes back; jobs never noticed.
  window.webContents.on('render-process-gone', (_event, { reason }) => {
    if (reason !== 'clean-exit') window?.loadURL(startPage);
  });
  window.loadURL(startPage);
}

function wire(catalog: Catalog, supervisor: EngineSupervisor): void {
  const theWindow = (): BrowserWindow => {
    if (window === null) throw new Error('the window is closed');
    return window;
  };
  const paths = new PathTokens();
  const handlers = createRequestHandlers({
    catalog,
    supervisor,
    emit: push,
    window: windowRequests({ catalog, supervisor, paths, window: theWindow }),
  });
  const { 'settings.set': setSettings } = handlers;
  handlers['settings.set'] = async (change) => {
    const settings = await setSettings(change);
    nativeTheme.themeSource = settings.theme; // menus and scroll bars follow
    return settings;
  };
  nativeTheme.themeSource = readSettings(catalog).theme;
  ipcMain.handle('crux:request', requestListener(handlers, paths));
  for (const name of Object.keys(events) as EventName[])
    supervisor.on(name, (payload) => push(name, payload));
  protocol.handle(
    imageScheme,
    serveImages({
      thumbnail: (id) => thumbnailFile(catalog, id),
      original: (id) => imageFile(catalog, id),
      ofJob: (id, name) => jobPictureFile(catalog, id, name),
    }),
  );
}

/** Ends in order: no window asks any more, the engine hands its job back, then the catalog closes. */
function endWith(catalog: Catalog, supervisor: EngineSupervisor): void {
  let ended = false;
  app.on('will-quit', (event) => {
    if (ended) return;
    event.preventDefault();
    supervisor
      .stop()
      .catch((error: unknown) => console.error(error))
      .finally(() => {
        ended = true;
        catalog.close();
        app.quit();
      });
  });
}

async function start(directory: string, profile: string): Promise<void> {
  await app.whenReady();
  keepResolverOffline(app);
  app.on('web-contents-created', (_event, contents) => {
    lockContents(contents);
    keepContentsOffline(contents);
  });
  app.on('session-created', lockSession); // there is no other, and if one came it would be locked, too
  lockSession(session.defaultSession);
  protocol.handle(appScheme, serveRenderer(join(import.meta.dirname, '../renderer')));
  const catalog = openCatalog(directory);
  const supervisor = new EngineSupervisor({
    catalog,
    role: 'app',
    onLine: (line) => console.error(`engine: ${displayText(line)}`),
  });
  endWith(catalog, supervisor);
  wire(catalog, supervisor);
  Menu.setApplicationMenu(buildMenu(process.platform, (command) => push('menu.command', { command })));
  createWindow(profile);
  supervisor.start();
  app.on('activate', () => {
    if (window === null) createWindow(profile);
  });
}

function fail(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  console.error(error);
  dialog.showErrorBox('Crux cannot start', message);
  app.exit(1);
}

try {
  if (app.isPackaged) {
    // The built-in models lie outside the archive, where the engine can read them.
    process.env.CRUX_RESOURCES ??= join(
      app.getAppPath().replace(/app\.asar$/, 'app.asar.unpacked'),
      'resources',
    );
  }
  app.setName('crux'); // the folder of user data that the command line uses too
  const { directory, profile } = openProfile();
  if (app.requestSingleInstanceLock()) {
    app.on('second-instance', () => {
      if (window?.isMinimized()) window.restore();
      window?.focus();
    });
    app.on('window-all-closed', () => {
      if (process.platform !== 'darwin') app.quit();
    });
    start(directory, profile).catch(fail);
  } else {
    app.quit(); // the other instance shows its window
  }
} catch (error) {
  fail(error);
}
