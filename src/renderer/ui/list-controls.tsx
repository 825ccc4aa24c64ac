/** Owns the form controls of lists (numbers, texts, classes) and of files, which a native dialog chooses. */
import { Button, MultiSelect, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import { elementOf, numbersOf } from '../../shared/field.ts';
import { pathFields } from '../../shared/paths.ts';
import { choosePath, pathOf } from '../chosen-paths.ts';
import type { ControlProps } from './control-props.ts';
import { useAct } from './feedback.tsx';
import { Field } from './fields.tsx';
import { FileList } from './file-list.tsx';
import { fileName } from './format.ts';
import { manyOptions } from './many.tsx';

/** Keeps what is typed: "0.1, " is no number yet. */
export function NumbersControl({ field, testId, value, set, words, error }: ControlProps) {
  const [text, setText] = useState((value as number[]).join(', '));
  return (
    <Field {...words} htmlFor={`field-${testId}`} error={error}>
      <TextInput
        id={`field-${testId}`}
        data-testid={testId}
        placeholder={field.placeholder}
        value={text}
        onChange={({ currentTarget }) => {
          setText(currentTarget.value);
          set(numbersOf(currentTarget.value, field.rising));
        }}
        error={Boolean(error)}
      />
    </Field>
  );
}

/** Lines stay as they are where the schema says what to make of blank ones, so that an error names the right line. */
export function LinesControl({ field, testId, value, set, words, error }: ControlProps) {
  const [text, setText] = useState((value as string[]).join('\n'));
  const keepsBlank = field.kind.type === 'custom';
  return (
    <Field {...words} htmlFor={`field-${testId}`} error={error} wide>
      <Textarea
        id={`field-${testId}`}
        data-testid={testId}
        autosize
        minRows={2}
        maxRows={10}
        placeholder={field.placeholder}
        value={text}
        onChange={({ currentTarget }) => {
          setText(currentTarget.value);
          const lines = currentTarget.value.split('\n');
          set(keepsBlank ? lines : lines.filter((line) => line.trim() !== ''));
        }}
        error={Boolean(error)}
      />
    </Field>
  );
}

const all = 'all';

export function ClassesControl({ field, testId, value, set, words, error, dataset }: ControlProps) {
  return (
    <Field {...words} error={error} wide>
      <MultiSelect
        aria-label={field.label}
        data-testid={testId}
        placeholder={value === all ? `All ${dataset.classes.length} classes` : undefined}
        {...manyOptions}
        clearable
        hidePickedOptions
        data={dataset.classes.map(({ name }) => name)}
        value={value === all ? [] : (value as string[])}
        onChange={(names) => set(names.length > 0 ? names : all)}
      />
    </Field>
  );
}

const purposeOf = (schema: Parameters<typeof pathFields.get>[0]) => pathFields.get(schema)!.purposes[0];

export function FileControl({ field, testId, value, set, words, error }: ControlProps) {
  const act = useAct();
  const file = value as string | null;
  const choose = () =>
    act('Choosing a file', async () => {
      const chosen = await choosePath(purposeOf(field.kind.inner));
      if (chosen) set(chosen.token);
    });
  return (
    <Field {...words} error={error}>
      <div className="row">
        <Button
          data-testid={testId}
          title={file === null ? undefined : pathOf(file)}
          onClick={() => void choose()}
        >
          {file === null ? 'Choose a file…' : fileName(pathOf(file))}
        </Button>
        {file !== null && field.kind.nullable && (
          <Button variant="subtle" onClick={() => set(null)}>
            Remove
          </Button>
        )}
      </div>
    </Field>
  );
}

export function FilesControl({ field, value, set, ...rest }: ControlProps) {
  return (
    <FileList
      {...rest}
      files={value as readonly string[]}
      set={set}
      purpose={purposeOf(elementOf(field.kind.inner))}
      add="Add a file…"
      added={(token) => token}
      keyOf={(file) => file}
      row={(file) => (
        <span className="ellipsis" title={pathOf(file)}>
          {fileName(pathOf(file))}
        </span>
      )}
    />
  );
}
