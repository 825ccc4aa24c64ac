/** Owns the keys of a review: A, R, Z, arrows, digits. */
import type { Dataset } from '../../shared/domain/dataset.ts';
import type { ReviewDecision } from '../../shared/domain/parts.ts';
import { dialogOpen, isTyping } from '../shell/shortcuts.ts';

/** So many classes have a digit: 1 to 9, then 0. */
export const keyedClasses = 10;

interface Actions {
  decide: (decision: ReviewDecision) => void;
  relabel: (classId: number) => void;
  undo: () => void;
  go?: (delta: number) => void;
}

/** Listens on the window; returns the function that stops. Keys typed into a field or a dialog are not ours. */
export function onReviewKeys(dataset: Dataset, { decide, relabel, undo, go }: Actions): () => void {
  const onKey = (event: KeyboardEvent) => {
    if (event.defaultPrevented || isTyping(event.target) || dialogOpen()) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key.toLowerCase();
    const digit = /^[0-9]$/.test(key) ? (Number(key) + keyedClasses - 1) % keyedClasses : -1;
    if (key === 'a') decide('accept');
    else if (key === 'r') decide('reject');
    else if (key === 'z') undo();
    else if (key === 'arrowright' && go) go(1);
    else if (key === 'arrowleft' && go) go(-1);
    else if (digit >= 0 && dataset.classes[digit]) relabel(dataset.classes[digit].id);
    else return;
    event.preventDefault();
  };
  window.addEventListener('keydown', onKey);
  return () => window.removeEventListener('keydown', onKey);
}
