/** Owns a named group of settings in the form of a generation. */
import type { ReactNode } from 'react';

export function Group({ title, about, children }: { title: string; about?: string; children: ReactNode }) {
  return (
    <fieldset className="form-group">
      <legend>{title}</legend>
      {about && <div className="muted small">{about}</div>}
      {children}
    </fieldset>
  );
}
