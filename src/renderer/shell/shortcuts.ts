/** Owns the window-wide keys. Screens own theirs; the list here is also what the help shows. */
import { useEffect } from 'react';
import { type Screen, screens, useStore } from '../state.ts';

export const screenName: Record<Screen, string> = {
  datasets: 'Datasets',
  browse: 'Browse',
  difficulty: 'Difficulty',
  issues: 'Labels',
  map: 'Map',
  train: 'Train',
  generate: 'Generate',
  control: 'Control',
  review: 'Review',
  export: 'Export',
  jobs: 'Jobs',
  settings: 'Settings',
};

/** Second key after G. */
export const goKey: Record<Screen, string> = {
  datasets: 'd',
  browse: 'b',
  difficulty: 'f',
  issues: 'l',
  map: 'm',
  train: 't',
  generate: 'n',
  control: 'c',
  review: 'r',
  export: 'e',
  jobs: 'j',
  settings: 's',
};

export const shortcutHelp: { group: string; keys: [string, string][] }[] = [
  {
    group: 'Anywhere',
    keys: [
      ['Ctrl 1 … 9', 'Go to a screen, in the order of the rail'],
      ...screens.map((screen): [string, string] => [`G ${goKey[screen].toUpperCase()}`, screenName[screen]]),
      ['Ctrl Z', 'Undo the last edit'],
      ['Ctrl Shift Z', 'Redo'],
      ['?', 'This list'],
    ],
  },
  {
    group: 'Browse',
    keys: [
      ['Arrows', 'Move; with Shift select, with Ctrl move only'],
      ['Space', 'Add to or take from the selection'],
      ['Ctrl A', 'Select everything shown'],
      ['Esc', 'Clear the selection'],
      ['/', 'Search'],
    ],
  },
  {
    group: 'Label issues',
    keys: [
      ['K', 'Keep the label; of duplicates, keep the green one only'],
      ['C', 'Change to the suggested class'],
      ['1 … 9, 0', 'Change to class 1 … 10'],
      ['X', 'Exclude the image'],
      ['Arrows', 'Previous, next'],
      ['Z', 'Undo'],
    ],
  },
  {
    group: 'Control',
    keys: [['Arrows, Home, End', 'Move among the pictures; the one you are on is shown large']],
  },
  {
    group: 'Review',
    keys: [
      ['A', 'Accept'],
      ['R', 'Reject'],
      ['1 … 9, 0', 'Relabel as class 1 … 10'],
      ['← →', 'Previous, next'],
      ['Z', 'Undo'],
    ],
  },
];

export function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable ||
      target.matches('input:not([type=checkbox]):not([type=radio]), textarea, select'))
  );
}

/** A dialog owns the keyboard while it is open. */
export const dialogOpen = () => document.querySelector('[role="dialog"][aria-modal="true"]') !== null;

interface Commands {
  undo: () => void;
  redo: () => void;
  help: () => void;
}

const goTimeoutMs = 1200;

export function useGlobalShortcuts({ undo, redo, help }: Commands): void {
  const show = useStore((state) => state.show);
  useEffect(() => {
    let goUntil = 0;
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || dialogOpen()) return;
      const key = event.key.toLowerCase();
      if (event.ctrlKey || event.metaKey) {
        const number = Number(event.key);
        if (number >= 1 && number <= screens.length) {
          event.preventDefault();
          show(screens[number - 1]);
        } else if ((key === 'z' || key === 'y') && !isTyping(event.target)) {
          event.preventDefault();
          if (key === 'y' || event.shiftKey) redo();
          else undo();
        }
        return;
      }
      if (isTyping(event.target) || event.altKey) return;
      if (event.timeStamp < goUntil) {
        goUntil = 0;
        const screen = screens.find((candidate) => goKey[candidate] === key);
        if (screen) {
          // The second key belongs to this shortcut alone: on Review, "G R" must not reject.
          event.preventDefault();
          event.stopImmediatePropagation();
          show(screen);
        }
      } else if (key === 'g') goUntil = event.timeStamp + goTimeoutMs;
      else if (event.key === '?') {
        event.preventDefault();
        help();
      }
    };
    window.addEventListener('keydown', onKey, { capture: true });
    return () => window.removeEventListener('keydown', onKey, { capture: true });
  }, [show, undo, redo, help]);
}
