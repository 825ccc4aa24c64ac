/**
 * Owns the bridge: exposes the contract's names on `window.crux`, and nothing else. It runs sandboxed and
 * isolated; the schemas stay in main, which validates both directions, so this file imports types only.
 */
import { contextBridge, type IpcRendererEvent, ipcRenderer } from 'electron';
import type { CruxBridge, EventName, RequestName } from '../shared/contract.ts';

// Written out, so that the compiler names what is missing or surplus when the contract changes.
const requestNames: Record<RequestName, true> = {
  'app.info': true,
  'engine.retry': true,
  'settings.get': true,
  'settings.set': true,
  'doctor.run': true,
  'dialog.choose': true,
  'shell.showItem': true,
  'datasets.list': true,
  'datasets.get': true,
  'datasets.importAgain': true,
  'datasets.remove': true,
  'datasets.setScorer': true,
  'datasets.skipped': true,
  'images.ids': true,
  'images.like': true,
  'images.byIds': true,
  'images.detail': true,
  'images.setClass': true,
  'images.setTag': true,
  'captions.set': true,
  'captions.replace': true,
  'edits.undo': true,
  'edits.redo': true,
  'difficulty.summary': true,
  'scorers.compare': true,
  'scorers.calibration': true,
  'scorers.dynamics': true,
  'issues.get': true,
  'control.list': true,
  'control.get': true,
  'hardFactors.list': true,
  'hardFactors.get': true,
  'projection.get': true,
  'review.decide': true,
  'models.list': true,
  'models.check': true,
  'models.add': true,
  'models.remove': true,
  'jobs.list': true,
  'jobs.enqueue': true,
  'jobs.memory': true,
  'generation.outline': true,
  'jobs.cancel': true,
  'jobs.resume': true,
  'jobs.log': true,
  'jobs.training': true,
  'jobs.finish': true,
  'jobs.previews': true,
};

const eventNames: Record<EventName, true> = {
  'job.updated': true,
  'catalog.changed': true,
  'generate.preview': true,
  'training.point': true,
  'training.preview': true,
  'engine.state': true,
  'menu.command': true,
};

type Listener = (payload: unknown) => void;
const listeners = new Map<string, Set<Listener>>();

// One subscription to the channel for all listeners: a thousand mounted components cost one IPC listener.
ipcRenderer.on('crux:event', (_event: IpcRendererEvent, name: string, payload: unknown) => {
  for (const listener of listeners.get(name) ?? []) listener(payload);
});

const bridge = {
  request(name: string, input: unknown) {
    if (!Object.hasOwn(requestNames, name)) {
      const message = `"${String(name)}" is no request of the contract`;
      return Promise.resolve({ ok: false, error: { code: 'unknown-request', message } });
    }
    return ipcRenderer.invoke('crux:request', name, input);
  },
  on(name: string, listener: Listener) {
    if (!Object.hasOwn(eventNames, name)) throw new Error(`"${String(name)}" is no event of the contract`);
    const own: Listener = (payload) => listener(payload); // the same function may be subscribed twice
    const set = listeners.get(name) ?? new Set();
    listeners.set(name, set.add(own));
    return () => {
      set.delete(own);
    };
  },
};

// The generic signatures of CruxBridge cannot be checked against an untyped transport; main validates.
contextBridge.exposeInMainWorld('crux', bridge as unknown as CruxBridge);
