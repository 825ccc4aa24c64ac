/**
 * Owns the one window: how it is made, and that it opens where it was left.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { BrowserWindow, screen } from 'electron';
import { z } from 'zod';
import { appOrigin, webPreferences } from './security.ts';

const windowState = z.object({
  x: z.int(),
  y: z.int(),
  width: z.int().min(400),
  height: z.int().min(300),
  maximized: z.boolean(),
});
type WindowState = z.infer<typeof windowState>;

/** null: never saved, unreadable, or on a screen that is gone. */
function readState(file: string): WindowState | null {
  try {
    const state = windowState.parse(JSON.parse(readFileSync(file, 'utf8')));
    const { workArea } = screen.getDisplayMatching(state);
    const visible =
      state.x < workArea.x + workArea.width - 50 &&
      state.x + state.width > workArea.x + 50 &&
      state.y >= workArea.y - 10 &&
      state.y < workArea.y + workArea.height - 50;
    return visible ? state : null;
  } catch {
    return null;
  }
}

export interface WindowOptions {
  preload: string;
  icon: string;
  stateFile: string;
  dark: boolean;
}

export function openWindow(options: WindowOptions): BrowserWindow {
  const state = readState(options.stateFile);
  const window = new BrowserWindow({
    width: state?.width ?? 1440,
    height: state?.height ?? 900,
    ...(state === null ? {} : { x: state.x, y: state.y }),
    minWidth: 960,
    minHeight: 600,
    show: false,
    title: 'Crux',
    icon: options.icon,
    // What shows before the first paint, so that a dark room gets no white flash.
    backgroundColor: options.dark ? '#141517' : '#ffffff',
    webPreferences: { ...webPreferences, preload: options.preload },
  });
  if (state?.maximized) window.maximize();
  window.once('ready-to-show', () => window.show());
  window.on('close', () => saveState(window, options.stateFile));
  return window;
}

function saveState(window: BrowserWindow, file: string): void {
  const state: WindowState = { ...window.getNormalBounds(), maximized: window.isMaximized() };
  try {
    writeFileSync(file, JSON.stringify(state));
  } catch (error) {
    console.error(`window state not saved: ${error instanceof Error ? error.message : error}`);
  }
}

export const startPage = `${appOrigin}/index.html`;
