/** Owns the form control of a list of files: a row for each, and a native dialog that adds one. */
import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import type { PathPurpose } from '../../shared/paths.ts';
import { choosePath } from '../chosen-paths.ts';
import type { ControlProps } from './control-props.ts';
import { useAct } from './feedback.tsx';
import { Field } from './fields.tsx';

interface FileListProps<File> extends Pick<ControlProps, 'testId' | 'words' | 'error'> {
  files: readonly File[];
  set(files: readonly File[]): void;
  purpose: PathPurpose;
  /** Of the button. */
  add: string;
  /** A file that a dialog has just given. */
  added(token: string): File;
  keyOf(file: File): string;
  row(file: File, change: (file: File) => void): ReactNode;
}

export function FileList<File>(props: FileListProps<File>) {
  const { testId, words, error, files, set, purpose, add, added, keyOf, row } = props;
  const act = useAct();
  const choose = () =>
    act('Choosing a file', async () => {
      const chosen = await choosePath(purpose);
      if (chosen) set([...files, added(chosen.token)]);
    });
  return (
    <Field {...words} error={error} wide>
      <div className="stack">
        {files.map((file, i) => (
          <div className="row" key={`${i} ${keyOf(file)}`}>
            {row(file, (next) => set(files.with(i, next)))}
            <Button size="compact-xs" variant="subtle" onClick={() => set(files.toSpliced(i, 1))}>
              Remove
            </Button>
          </div>
        ))}
        <Button
          size="compact-xs"
          style={{ alignSelf: 'flex-start' }}
          data-testid={testId}
          onClick={() => void choose()}
        >
          {add}
        </Button>
      </div>
    </Field>
  );
}
