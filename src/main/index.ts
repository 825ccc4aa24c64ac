/**
 * Owns the desktop program's start and end: which catalog, one instance per catalog, schemes, the window,
 * and the wiring of requests and events between window, catalog and engine.
 */
import { join } from 'node:path';
import { app, type BrowserWindow, ipcMain, Menu, nativeTheme, protocol, session } from 'electron';
import { type EventName, type EventPayload, imageScheme } from '../shared/contract.ts';
import { serveRenderer } from './app-scheme.ts';
import { serveImages } from './image-scheme.ts';
import { type Handlers, pushEvent, requestListener } from './ipc.ts';
import { catalogDirectory, openDirectory, profileDirectory } from './locations.ts';
import { buildMenu } from './menu.ts';
import { appScheme, lockContents, lockSession } from './security.ts';
import { openWindow, startPage } from './window.ts';

const privileges = { standard: true, secure: true } as const;
protocol.registerSchemesAsPrivileged([
  { scheme: appScheme, privileges: { ...privileges, supportFetchAPI: true, codeCache: true } },
  { scheme: imageScheme, privileges },
]);
app.enableSandbox();

const userData = app.getPath('userData');
const catalog = openDirectory(catalogDirectory(process.argv, process.env, userData, process.cwd()));
const profile = openDirectory(profileDirectory(userData, catalog));
app.setPath('userData', profile);

let window: BrowserWindow | null = null;

function push<N extends EventName>(name: N, payload: EventPayload<N>): void {
  if (window !== null && !window.isDestroyed()) pushEvent(window.webContents, name, payload);
}

function showWindow(): void {
  if (window === null) {
    createWindow();
    return;
  }
  if (window.isMinimized()) window.restore();
  window.focus();
}

function createWindow(): void {
  window = openWindow({
    preload: join(import.meta.dirname, '../preload/index.cjs'),
    icon: join(app.getAppPath(), 'resources/icon.png'),
    stateFile: join(profile, 'window.json'),
    dark: nativeTheme.shouldUseDarkColors,
  });
  window.on('closed', () => {
    window = null;
  });
  window.loadURL(startPage);
}

async function start(): Promise<void> {
  await app.whenReady();
  app.on('web-contents-created', (_event, contents) => lockContents(contents));
  lockSession(session.defaultSession);
  protocol.handle(appScheme, serveRenderer(join(import.meta.dirname, '../renderer')));
  protocol.handle(imageScheme, serveImages({ thumbnail: () => null, original: () => null }));
  ipcMain.handle('crux:request', requestListener({} as Handlers));
  Menu.setApplicationMenu(buildMenu(process.platform, (command) => push('menu.command', { command })));
  createWindow();
  app.on('activate', showWindow);
}

if (app.requestSingleInstanceLock()) {
  app.on('second-instance', showWindow);
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit();
  });
  start().catch((error: unknown) => {
    console.error(error);
    app.exit(1);
  });
} else {
  app.quit();
}
