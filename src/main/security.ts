/**
 * Owns what the window may not do: the content security policy, its preferences, and the refusal of navigation, new
 * windows, permissions, webviews, downloads and every request that leaves this machine. docs/security.md has the list.
 */
import type { Session, WebContents } from 'electron';
import { imageScheme } from '../shared/contract.ts';

export const appScheme = 'app';
export const appOrigin = `${appScheme}://crux`;

/**
 * Sent with every page; src/renderer/index.html repeats it (without frame-ancestors, which a meta tag may
 * not carry). Style is 'unsafe-inline' because charts set style attributes; script never is.
 */
export const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  `img-src 'self' ${imageScheme}: data: blob:`,
  "font-src 'self'",
  "connect-src 'none'",
  "worker-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const allowedSchemes = new Set([`${appScheme}:`, `${imageScheme}:`, 'data:', 'blob:', 'devtools:']);

/** True for what may load at all; http, https, ws, wss, ftp and file never may. */
export function mayLoad(url: string): boolean {
  try {
    return allowedSchemes.has(new URL(url).protocol);
  } catch {
    return false;
  }
}

/** Is this frame ours? Anything else that speaks to main is dropped. */
export function isOurPage(url: string): boolean {
  try {
    const { protocol, host } = new URL(url);
    return `${protocol}//${host}` === appOrigin;
  } catch {
    return false;
  }
}

/** Electron's defaults for the most part, written out: test/main/shell/security.test.ts holds them. */
export const webPreferences = {
  sandbox: true,
  contextIsolation: true,
  nodeIntegration: false,
  nodeIntegrationInWorker: false,
  nodeIntegrationInSubFrames: false,
  webSecurity: true,
  allowRunningInsecureContent: false,
  experimentalFeatures: false,
  webviewTag: false,
  navigateOnDragDrop: false,
  spellcheck: false,
} as const;

export function lockSession(session: Session): void {
  session.webRequest.onBeforeRequest((details, callback) => callback({ cancel: !mayLoad(details.url) }));
  session.setPermissionRequestHandler((_contents, _permission, callback) => callback(false));
  session.setPermissionCheckHandler(() => false);
  session.setDevicePermissionHandler(() => false);
  session.on('will-download', (event) => event.preventDefault());
  // Chromium would fetch spelling dictionaries.
  session.setSpellCheckerEnabled(false);
}

export function lockContents(contents: WebContents): void {
  contents.setWindowOpenHandler(() => ({ action: 'deny' }));
  contents.on('will-navigate', (event) => event.preventDefault());
  contents.on('will-redirect', (event) => event.preventDefault());
  contents.on('will-frame-navigate', (event) => event.preventDefault());
  contents.on('will-attach-webview', (event) => event.preventDefault());
}
