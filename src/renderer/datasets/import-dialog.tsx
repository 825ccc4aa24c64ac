/** Owns the last step before an import: the name, prefilled from what was chosen, and options few need. */
import { Button, Modal, TextInput } from '@mantine/core';
import { useEffect, useState } from 'react';
import { type ChosenPath, manifestEndings } from '../../shared/paths.ts';
import { useDatasets } from '../queries.ts';
import { testIds } from '../test-ids.ts';
import { useEnqueue } from '../ui/feedback.tsx';
import { fileName } from '../ui/format.ts';
import { ImportOptionFields, type ImportOptions, paramsOf, plainOptions } from './import-options.tsx';

const manifestEnding = new RegExp(`\\.(${manifestEndings.join('|')})$`, 'i');

export const nameFromPath = (path: string): string => fileName(path).replace(manifestEnding, '');

export function ImportDialog({ source, onClose }: { source: ChosenPath | null; onClose: () => void }) {
  const { data: datasets = [] } = useDatasets();
  const [name, setName] = useState('');
  const [options, setOptions] = useState<ImportOptions>(plainOptions);
  const [busy, setBusy] = useState(false);
  const enqueue = useEnqueue();
  useEffect(() => {
    if (!source) return;
    setName(nameFromPath(source.path));
    setOptions(plainOptions);
  }, [source]);

  const namesake = datasets.find((dataset) => dataset.name === name.trim());
  const taken = namesake !== undefined && namesake.source !== source?.path;
  const start = async () => {
    if (!source || !name.trim() || taken) return;
    setBusy(true);
    const job = await enqueue('The import', {
      kind: 'import',
      params: { source: source.token, name: name.trim(), ...paramsOf(options) },
    });
    setBusy(false);
    if (job) onClose();
  };

  return (
    <Modal opened={source !== null} onClose={onClose} title="Import">
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void start();
        }}
      >
        <dl className="facts-list">
          <dt>From</dt>
          <dd className="mono" data-testid={testIds.importSource}>
            {source?.path}
          </dd>
        </dl>
        <TextInput
          label="Name of the dataset"
          data-testid={testIds.importName}
          data-autofocus
          value={name}
          maxLength={200}
          onChange={(event) => setName(event.currentTarget.value)}
          error={name.trim() ? null : 'Give the dataset a name.'}
        />
        {taken && (
          <div className="field-error" role="alert">
            "{namesake.name}" was imported from {namesake.source}. Choose another name, or remove that dataset
            first.
          </div>
        )}
        <ImportOptionFields
          isManifest={source !== null && manifestEnding.test(source.path)}
          value={options}
          onChange={setOptions}
        />
        <div className="muted small">
          {namesake && !taken
            ? `"${namesake.name}" is in the catalog already: new and changed files are added to it, and files that are gone are marked as missing.`
            : 'Every image is read once, checked and given a thumbnail. Files that cannot be read are listed with the reason.'}
        </div>
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            type="submit"
            variant="filled"
            loading={busy}
            disabled={!name.trim() || taken}
            data-testid={testIds.importStart}
          >
            {namesake && !taken ? 'Import again' : 'Import'}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
