/** Owns what forms that start a training have in common: settings, which of them do not fit, and the two parts. */
import { Button, Collapse } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import type { z } from 'zod';

export interface FieldsProps<P> {
  params: P;
  set: (change: Partial<P>) => void;
  /** The sentence where this field does not fit, null where it does. */
  say: (field: keyof P, sentence: string) => string | null;
}

/** A job's settings as typed, from its defaults. @param follow what holds whatever was typed */
export function useParams<P extends object>(
  schema: z.ZodType<P>,
  datasetId: number,
  follow: (typed: P) => P = (typed) => typed,
): FieldsProps<P> & { fits: boolean } {
  const [typed, setTyped] = useState<P>(() => schema.parse({ datasetId }));
  const params = follow(typed);
  const wrong = new Set<PropertyKey>(schema.safeParse(params).error?.issues.map(({ path }) => path[0]));
  return {
    params,
    set: (change) => setTyped((old) => ({ ...old, ...change })),
    say: (field, sentence) => (wrong.has(field) ? sentence : null),
    fits: wrong.size === 0,
  };
}

interface Props {
  /** What the form is for, to those who do not see it. */
  name: string;
  fits: boolean;
  start: string;
  startTestId: string;
  moreTestId: string;
  onStart: () => Promise<void>;
  basic: ReactNode;
  more: ReactNode;
  /** Above the button. */
  notices?: ReactNode;
}

export function SettingsForm({
  name,
  fits,
  start,
  startTestId,
  moreTestId,
  onStart,
  basic,
  more,
  notices,
}: Props) {
  const [open, setOpen] = useState(false);
  return (
    <form
      className="stack"
      aria-label={name}
      onSubmit={(event) => {
        event.preventDefault();
        if (fits) void onStart();
      }}
    >
      {basic}
      <Button
        size="compact-xs"
        variant="subtle"
        style={{ alignSelf: 'flex-start' }}
        aria-expanded={open}
        data-testid={moreTestId}
        onClick={() => setOpen(!open)}
      >
        {open ? 'Fewer settings' : 'More settings'}
      </Button>
      <Collapse expanded={open}>{more}</Collapse>
      {notices}
      <div className="row wrap">
        <Button type="submit" variant="filled" size="sm" disabled={!fits} data-testid={startTestId}>
          {start}
        </Button>
        {!fits && <span className="field-error">A setting does not fit: see the fields in red.</span>}
      </div>
    </form>
  );
}
