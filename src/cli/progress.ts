/** Owns how a running job looks: one updating line on a terminal, a line per stage and 10% elsewhere. */
import { displayText } from '../shared/display-text.ts';
import { sameStage } from '../shared/job-stage.ts';
import { clock } from './format.ts';
import type { Io } from './io.ts';

export interface ProgressState {
  stage: string;
  done: number;
  /** null: the end is not known yet. */
  total: number | null;
  secondsLeft: number | null;
}

export interface ProgressView {
  update(state: ProgressState): void;
  /** A line of its own, above the updating one. */
  note(text: string): void;
  /** Clears the updating line; the caller prints what came out. */
  end(): void;
}

/** The share that is done, [0,1]; null while unknown. */
export const share = ({ done, total }: ProgressState) =>
  total === null || total <= 0 ? null : Math.min(1, Math.max(0, done / total));

/** "score  [#####.....]  50%  300/600  0:12 left  fold 3 of 5", no longer than `columns`. */
export function progressLine(label: string, state: ProgressState, columns: number): string {
  const part = share(state);
  const parts = [displayText(label)];
  if (part !== null) {
    const cells = 20;
    const full = Math.round(part * cells);
    parts.push(
      `${'█'.repeat(full)}${'░'.repeat(cells - full)}`,
      `${String(Math.floor(part * 100)).padStart(3)}%`,
    );
    parts.push(`${Math.floor(state.done)}/${state.total}`);
  } else if (state.done > 0) parts.push(`${Math.floor(state.done)}`);
  if (state.secondsLeft !== null && part !== 1) parts.push(`${clock(state.secondsLeft)} left`);
  if (state.stage) parts.push(displayText(state.stage));
  const line = parts.join('  ');
  return line.length < columns ? line : `${line.slice(0, Math.max(1, columns - 2))}…`;
}

export function progressView(io: Io, label: string): ProgressView {
  return io.columns === null ? lineView(io, label) : terminalView(io, label, io.columns);
}

function terminalView(io: Io, label: string, columns: number): ProgressView {
  let shown = '';
  const clear = () => {
    if (shown) io.redraw('');
    shown = '';
  };
  return {
    update(state) {
      const line = progressLine(label, state, columns);
      if (line === shown) return;
      io.redraw(line);
      shown = line;
    },
    note(text) {
      const line = shown;
      clear();
      io.stderr(`${displayText(text)}\n`);
      if (line) io.redraw(line);
      shown = line;
    },
    end: clear,
  };
}

function lineView(io: Io, label: string): ProgressView {
  let stage: string | null = null;
  let tenth = -1;
  return {
    update(state) {
      const part = share(state);
      const now = part === null ? -1 : Math.floor(part * 10);
      if (state.stage === '') return; // between jobs: nothing to say
      if (stage !== null && sameStage(stage, state.stage) && now <= tenth) return;
      const figures = part === null ? '' : ` ${Math.floor(part * 100)}%`;
      const left = state.secondsLeft !== null && part !== 1 ? `, ${clock(state.secondsLeft)} left` : '';
      io.stderr(`${displayText(`${label}: ${state.stage}`)}${figures}${left}\n`);
      stage = state.stage;
      tenth = now;
    },
    note: (text) => io.stderr(`${displayText(text)}\n`),
    end() {},
  };
}
