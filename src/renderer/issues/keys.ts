/** Owns the keys of the label issues: K, C, X, Z, arrows, digits. */
import type { Dataset } from '../../shared/domain/dataset.ts';
import { dialogOpen, isTyping } from '../shell/shortcuts.ts';

/** So many classes have a digit: 1 to 9, then 0. */
export const keyedClasses = 10;

interface Actions {
  keep: () => void;
  change?: (classId: number | 'suggested') => void;
  exclude?: () => void;
  undo: () => void;
  go: (delta: number) => void;
}

/** Listens on the window; returns the function that stops. Keys typed into a field or a dialog are not ours. */
export function onIssueKeys(dataset: Dataset, { keep, change, exclude, undo, go }: Actions): () => void {
  const onKey = (event: KeyboardEvent) => {
    if (event.defaultPrevented || isTyping(event.target) || dialogOpen()) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key.toLowerCase();
    const digit = /^[0-9]$/.test(key) ? (Number(key) + keyedClasses - 1) % keyedClasses : -1;
    if (key === 'k') keep();
    else if (key === 'c' && change) change('suggested');
    else if (key === 'x' && exclude) exclude();
    else if (key === 'z') undo();
    else if (key === 'arrowdown' || key === 'arrowright') go(1);
    else if (key === 'arrowup' || key === 'arrowleft') go(-1);
    else if (digit >= 0 && dataset.classes[digit] && change) change(dataset.classes[digit].id);
    else return;
    event.preventDefault();
  };
  window.addEventListener('keydown', onKey);
  return () => window.removeEventListener('keydown', onKey);
}
