/** Owns one large figure with its name and explanation. */
import type { ReactNode } from 'react';
import { Term } from '../ui/fields.tsx';

export function Stat({ label, help, children }: { label: string; help: string; children: ReactNode }) {
  return (
    <div className="stat">
      {children}
      <span>
        <Term help={help}>{label}</Term>
      </span>
    </div>
  );
}
