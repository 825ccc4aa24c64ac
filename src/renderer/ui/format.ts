/** Owns how numbers, times and sizes read. */
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

export const count = (n: number): string => whole.format(n);

/** "1 image", "1,204 images". */
export const counted = (n: number, one: string, many = `${one}s`): string =>
  `${count(n)} ${n === 1 ? one : many}`;

/** A value in [0,1] with two decimals; a dash while there is none. */
export const score = (value: number | null | undefined): string =>
  value === null || value === undefined || Number.isNaN(value) ? '–' : value.toFixed(2);

/** A loss, or the words where no number came out of a step. */
export const lossText = (loss: number | null, decimals: number): string =>
  loss === null ? 'not a number' : loss.toFixed(decimals);

export const percent = (share: number | null | undefined): string =>
  share === null || share === undefined || Number.isNaN(share) ? '–' : `${(100 * share).toFixed(1)} %`;

export function bytes(n: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let unit = 0;
  let value = n;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** Seconds as a person would say them: "0.4 s", "12 s", "3 min 20 s", "1 h 04 min". */
export function duration(seconds: number): string {
  if (seconds >= 0 && seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${String(s % 60).padStart(2, '0')} s`;
  return `${Math.floor(s / 3600)} h ${String(Math.floor((s % 3600) / 60)).padStart(2, '0')} min`;
}

/** Milliseconds since 1970 as a local date and time. */
export const when = (at: number): string =>
  new Date(at).toLocaleString('en-GB', {
    day: '2-digit',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
  });

export const clock = (at: number): string => new Date(at).toLocaleTimeString('en-GB');

export const fileName = (path: string): string => path.split(/[\\/]/).filter(Boolean).at(-1) ?? path;
