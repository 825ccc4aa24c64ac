/** Owns the pieces that pages of experiments are written from. */

/** A table in Markdown. */
export const rows = (head: readonly string[], body: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...body].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

export const percent = (share: number): string => `${Math.round(100 * share)} %`;

/** Two digits, without the zero before the point; "none" for a figure that there is not. */
export const figure = (value: number | null | undefined): string =>
  value == null ? 'none' : value.toFixed(2).replace(/^(-?)0\./, '$1.');

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, v) => sum + v, 0) / values.length;

export const minutes = (seconds: number): string => `${(seconds / 60).toFixed(0)} min`;
