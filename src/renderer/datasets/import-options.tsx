/** Owns the options of an import that few need: links, class probabilities, and a manifest's root and columns. */
import { Button, Checkbox, Select, TextInput } from '@mantine/core';
import { classNamesIn } from '../../shared/class-order.ts';
import type { JobParams } from '../../shared/jobs/index.ts';
import type { ChosenPath } from '../../shared/paths.ts';
import { choosePath } from '../chosen-paths.ts';
import { testIds } from '../test-ids.ts';
import { useAct } from '../ui/feedback.tsx';
import { Field } from '../ui/fields.tsx';

type Columns = JobParams<'import'>['columns'];
type Kind = JobParams<'import'>['probabilities'];

export interface ImportOptions {
  root: ChosenPath | null;
  columns: Columns;
  followLinks: boolean;
  probabilities: Kind;
  /** As typed. */
  classOrder: string;
}

export const plainOptions: ImportOptions = {
  root: null,
  columns: {},
  followLinks: false,
  probabilities: 'ask',
  classOrder: '',
};

export const paramsOf = ({ root, classOrder, ...others }: ImportOptions) => ({
  ...others,
  root: root?.token ?? null,
  classOrder: classNamesIn(classOrder, ','),
});

const kinds: { value: Kind; label: string }[] = [
  { value: 'ask', label: 'Check, and stop if they look like logits' },
  { value: 'probabilities', label: 'They are probabilities' },
  { value: 'logits', label: 'They are logits: apply softmax' },
];

interface Props {
  isManifest: boolean;
  value: ImportOptions;
  onChange: (value: ImportOptions) => void;
}

export function ImportOptionFields({ isManifest, value, onChange }: Props) {
  const act = useAct();
  const chooseRoot = async () => {
    const root = await act('Opening the dialog', () => choosePath('dataset-folder'));
    if (root) onChange({ ...value, root });
  };
  return (
    <details data-testid={testIds.importOptions}>
      <summary className="muted">Options</summary>
      <div className="stack" style={{ marginTop: 8 }}>
        <Checkbox
          label="Follow links out of the folder"
          description="Reads images and folders that symbolic links lead to, wherever they lie. Without it, they are counted and left out."
          data-testid={testIds.importFollowLinks}
          checked={value.followLinks}
          onChange={(event) => onChange({ ...value, followLinks: event.currentTarget.checked })}
        />
        <Field
          label="Class probabilities"
          help="What the numbers per class are, where a manifest or metadata file has them. Numbers outside 0 to 1, or that do not sum to 1, may be logits."
          htmlFor={testIds.importProbabilities}
        >
          <Select
            id={testIds.importProbabilities}
            data-testid={testIds.importProbabilities}
            data={kinds}
            value={value.probabilities}
            allowDeselect={false}
            onChange={(chosen) => onChange({ ...value, probabilities: chosen as Kind })}
          />
        </Field>
        <Field
          label="Class order"
          help="Class of each number where probabilities are a list: names separated by commas. Empty: as classes.txt says, which lies in the folder or beside the manifest; without it numeric or alphabetical."
          htmlFor={testIds.importClassOrder}
        >
          <TextInput
            id={testIds.importClassOrder}
            data-testid={testIds.importClassOrder}
            placeholder="cat, dog, horse"
            value={value.classOrder}
            onChange={(event) => onChange({ ...value, classOrder: event.currentTarget.value })}
          />
        </Field>
        {isManifest && (
          <>
            <Field
              label="Root folder"
              help="Folder that the manifest's paths start from. By default the folder the manifest lies in."
            >
              <div className="row">
                <span className="mono ellipsis">{value.root?.path ?? "the manifest's own folder"}</span>
                <Button onClick={() => void chooseRoot()}>Choose…</Button>
              </div>
            </Field>
            <div className="form-grid">
              <ColumnFields columns={value.columns} onChange={(columns) => onChange({ ...value, columns })} />
            </div>
          </>
        )}
      </div>
    </details>
  );
}

const columnHelp = {
  path: 'Column with the path of each image. Empty: path, file_name, filepath and similar names are found.',
  label: 'Column with the class of each image. Empty: label, class and similar names are found.',
  split: 'Column with train, val or test. Empty: split.',
  caption: 'Column with a description of each image. Empty: caption, text or prompt.',
} satisfies Partial<Record<keyof Columns, string>>;

function ColumnFields({ columns, onChange }: { columns: Columns; onChange: (columns: Columns) => void }) {
  return (Object.keys(columnHelp) as (keyof typeof columnHelp)[]).map((field) => (
    <Field
      key={field}
      label={`Column for ${field}`}
      help={columnHelp[field]}
      htmlFor={`${testIds.importColumn}-${field}`}
    >
      <TextInput
        id={`${testIds.importColumn}-${field}`}
        data-testid={testIds.importColumn}
        data-field={field}
        placeholder="found by its name"
        maxLength={200}
        value={columns[field] ?? ''}
        onChange={(event) => onChange({ ...columns, [field]: event.currentTarget.value || undefined })}
      />
    </Field>
  ));
}
