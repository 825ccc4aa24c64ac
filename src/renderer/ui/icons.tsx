/** Owns the icons: our own line drawings on a 20 x 20 grid, in the text's colour. */
import type { ReactNode } from 'react';

const shapes = {
  datasets: (
    <>
      <ellipse cx="10" cy="4.8" rx="6.5" ry="2.3" />
      <path d="M3.5 4.8v10.4c0 1.3 2.9 2.3 6.5 2.3s6.5-1 6.5-2.3V4.8M3.5 10c0 1.3 2.9 2.3 6.5 2.3s6.5-1 6.5-2.3" />
    </>
  ),
  browse: (
    <>
      <rect x="3" y="3" width="6" height="6" rx="1" />
      <rect x="11" y="3" width="6" height="6" rx="1" />
      <rect x="3" y="11" width="6" height="6" rx="1" />
      <rect x="11" y="11" width="6" height="6" rx="1" />
    </>
  ),
  difficulty: <path d="M2.5 16.5h15M3 14.5c2.5 0 3-9.5 5.5-9.5s2.5 6 4.5 6 2.5 3.5 4.5 3.5" />,
  issues: (
    <>
      <path d="M3 3.5h6.5l7.5 7.5-6 6L3.5 9.5z" />
      <path d="M7.6 7.4l2.6 2.6M11.9 11.7v.1" />
    </>
  ),
  map: (
    <>
      <circle cx="5" cy="6" r="1.6" />
      <circle cx="8.5" cy="4" r="1.6" />
      <circle cx="8" cy="8.5" r="1.6" />
      <circle cx="14.5" cy="11" r="1.6" />
      <circle cx="12" cy="15" r="1.6" />
      <circle cx="16" cy="15.5" r="1.6" />
      <circle cx="4" cy="15" r="1.6" />
    </>
  ),
  train: (
    <>
      <path d="M3 3v14h14" />
      <path d="M5.5 4c.8 6 3.5 9.2 11.5 9.6" />
      <path d="M12.5 3.5v4M10.5 5.5h4" />
    </>
  ),
  generate: (
    <>
      <path d="M10 2.5l1.9 5.6 5.6 1.9-5.6 1.9L10 17.5l-1.9-5.6L2.5 10l5.6-1.9z" />
      <path d="M16 2.5v3M14.5 4h3" />
    </>
  ),
  control: (
    <>
      <path d="M3 3v14h14" />
      <path d="M5.5 14l3-3 3 .5 5-7M13.5 4.5h3v3" />
    </>
  ),
  review: <path d="M3 10.5l3.5 3.5L13 6M9.5 13.5l.8.5L17 6" />,
  export: (
    <path d="M10 12.5V3M6.5 6L10 2.7 13.5 6M3.5 11.5v4a1.5 1.5 0 0 0 1.5 1.5h10a1.5 1.5 0 0 0 1.5-1.5v-4" />
  ),
  jobs: <path d="M3 5h9M3 10h6M3 15h5M12.5 10.5v6l5-3z" />,
  settings: (
    <path d="M3 5.5h7M14 5.5h3M3 14.5h3M10 14.5h7M12 3.5a2 2 0 1 0 0 4 2 2 0 0 0 0-4zM8 12.5a2 2 0 1 0 0 4 2 2 0 0 0 0-4z" />
  ),
  folder: (
    <path d="M2.5 5.5A1.5 1.5 0 0 1 4 4h3.5l2 2H16a1.5 1.5 0 0 1 1.5 1.5v7A1.5 1.5 0 0 1 16 16H4a1.5 1.5 0 0 1-1.5-1.5z" />
  ),
  file: <path d="M5 2.5h6l4 4v11H5zM11 2.5v4h4M7.5 10.5h5M7.5 13.5h5" />,
  undo: <path d="M7 4L3.5 7.5 7 11M4 7.5h7.5a4.5 4.5 0 0 1 0 9H8" />,
  redo: <path d="M13 4l3.5 3.5L13 11M16 7.5H8.5a4.5 4.5 0 0 0 0 9H12" />,
  accept: <path d="M3.5 10.5l4 4L16.5 5.5" />,
  reject: <path d="M5 5l10 10M15 5L5 15" />,
  close: <path d="M5 5l10 10M15 5L5 15" />,
  help: (
    <path d="M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15zM7.8 7.8a2.2 2.2 0 1 1 3.2 2c-.7.4-1 .8-1 1.7M10 13.7v.4" />
  ),
  sun: (
    <path d="M10 6.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM10 2v2M10 16v2M2 10h2M16 10h2M4.3 4.3l1.4 1.4M14.3 14.3l1.4 1.4M4.3 15.7l1.4-1.4M14.3 5.7l1.4-1.4" />
  ),
  moon: <path d="M16.5 12A7 7 0 0 1 8 3.5a7 7 0 1 0 8.5 8.5z" />,
  tag: <path d="M3 3.5h6.5l7.5 7.5-6 6L3.5 9.5zM6.5 6.8v.2" />,
  caption: <path d="M3 4.5h14v9H9.5L6 16.5v-3H3zM6 7.7h8M6 10.3h5" />,
  search: <path d="M8.5 3a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM12.5 12.5L17 17" />,
  lasso: (
    <path d="M10 3.5c4 0 7 2 7 4.7s-3 4.7-7 4.7-7-2-7-4.7 3-4.7 7-4.7zM6 12.4c-1.5.8-1.5 2.6.2 2.8 1.5.1 1.6-1.4.3-2.3M6.5 15.2c-.2 1-.9 1.7-2 2" />
  ),
  pan: <path d="M10 2.5v15M2.5 10h15M8 4.5l2-2 2 2M8 15.5l2 2 2-2M4.5 8l-2 2 2 2M15.5 8l2 2-2 2" />,
  stop: <rect x="5" y="5" width="10" height="10" rx="1.5" />,
  resume: <path d="M6 4l10 6-10 6z" />,
  warning: <path d="M10 3L18 16.5H2zM10 8v4M10 14.3v.2" />,
  trash: <path d="M4 5.5h12M8 5.5V3.5h4v2M5.5 5.5l.7 11h7.6l.7-11M8.5 8.5v5M11.5 8.5v5" />,
  left: <path d="M12.5 4l-6 6 6 6" />,
  right: <path d="M7.5 4l6 6-6 6" />,
} satisfies Record<string, ReactNode>;

export type IconName = keyof typeof shapes;

/** Decorative: the control around it carries the label. */
export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      strokeWidth={1.5}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {shapes[name]}
    </svg>
  );
}
