/** Owns what forms that start a training have in common: settings, which of them do not fit, and the two parts. */
import { Button, Collapse } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import type { z } from 'zod';
import type { Dataset } from '../../shared/domain/dataset.ts';
import { fieldsOf } from '../../shared/field.ts';
import { type JobKind, type JobRequestInput, jobParams } from '../../shared/jobs/index.ts';
import { ruleOf } from '../../shared/rules.ts';
import { useEnqueue } from './feedback.tsx';
import { ParamFields } from './param-fields.tsx';

export interface FieldsProps<P> {
  params: P;
  set: (change: Partial<P>) => void;
  /** The sentence where this field does not fit, null where it does. */
  say: (field: keyof P, sentence?: string) => string | null;
}

/** A job's settings as typed, from its defaults. @param follow what holds whatever was typed */
export function useParams<P extends object>(
  schema: z.ZodType<P>,
  datasetId: number,
  follow: (typed: P) => P = (typed) => typed,
): FieldsProps<P> & { fits: boolean } {
  const [typed, setTyped] = useState<P>(() => schema.parse({ datasetId }));
  const params = follow(typed);
  const issues = schema.safeParse(params).error?.issues ?? [];
  return {
    params,
    set: (change) => setTyped((old) => ({ ...old, ...change })),
    say: (field, sentence) => {
      const issue = issues.find(({ path }) => path[0] === field);
      return issue ? (ruleOf(issue) ?? sentence ?? issue.message) : null;
    },
    fits: issues.length === 0,
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
  /** Absent: there are no more settings than those. */
  more?: ReactNode;
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
      {more && (
        <>
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
        </>
      )}
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

interface ParamFormProps {
  /** A job all of whose parameters are declared with field(). */
  kind: JobKind;
  dataset: Dataset;
  /** What the form is for, to those who do not see it. */
  name: string;
  /** Of the button. */
  start: string;
  /** What is started, in the sentence that says so: 'The map'. */
  what: string;
  onStarted?: () => void;
}

/** The whole form of such a job, which it puts into the queue. */
export function ParamForm({ kind, dataset, name, start, what, onStarted }: ParamFormProps) {
  const enqueue = useEnqueue();
  const schema = jobParams[kind];
  const { params, set, say, fits } = useParams<Record<string, unknown>>(schema, dataset.id);
  const part = (level: 'basic' | 'advanced') => {
    const fields = fieldsOf(schema).filter((field) => field.level === level);
    if (fields.length === 0) return undefined;
    return <ParamFields kind={kind} dataset={dataset} fields={fields} params={params} set={set} say={say} />;
  };
  return (
    <SettingsForm
      name={name}
      fits={fits}
      start={start}
      startTestId={`${kind}-start`}
      moreTestId={`${kind}-more`}
      onStart={async () => {
        if (await enqueue(what, { kind, params } as JobRequestInput)) onStarted?.();
      }}
      basic={part('basic')}
      more={part('advanced')}
    />
  );
}
