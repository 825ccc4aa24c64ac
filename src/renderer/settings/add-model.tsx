/** Owns adding a model: it is checked first, and what the file does not say is asked. */
import { Button, Modal, Select, Textarea, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { RequestOutput } from '../../shared/contract.ts';
import { type ModelKind, resizeKernel } from '../../shared/domain/model.ts';
import type { ChosenPath } from '../../shared/paths.ts';
import { request } from '../api.ts';
import { invalidateDataset, useRequest } from '../queries.ts';
import { useStore } from '../state.ts';
import { testIds } from '../test-ids.ts';
import { ErrorPanel, useAct } from '../ui/feedback.tsx';
import { fileName } from '../ui/format.ts';
import { kindNames } from './kind-names.ts';
import { checkDraft, draftOf, type OnnxDraft } from './onnx-draft.ts';

export function AddModel({ model, onClose }: { model: ChosenPath | null; onClose: () => void }) {
  return (
    <Modal opened={model !== null} onClose={onClose} title="Add a model" size="lg">
      {model && <Checked key={model.token} model={model} onClose={onClose} />}
    </Modal>
  );
}

function Checked({ model, onClose }: { model: ChosenPath; onClose: () => void }) {
  const { data: check, error, isPending } = useRequest('models.check', { path: model.token });
  if (error) return <ErrorPanel what="This model cannot be read" error={error} />;
  if (isPending || !check) return <div className="muted">Reading {fileName(model.path)}…</div>;
  return <Form model={model} check={check} onClose={onClose} />;
}

interface FormProps {
  model: ChosenPath;
  check: RequestOutput<'models.check'>;
  onClose: () => void;
}

function Form({ model: { token, path }, check, onClose }: FormProps) {
  const [name, setName] = useState(fileName(path).replace(/\.(onnx|safetensors)$/i, ''));
  const [draft, setDraft] = useState<OnnxDraft | null>(null);
  const [busy, setBusy] = useState(false);
  const act = useAct();
  const client = useQueryClient();
  const toast = useStore((state) => state.toast);
  useEffect(() => setDraft(check.onnx ? draftOf(check.onnx) : null), [check]);
  const checked = draft ? checkDraft(draft) : null;
  // A file that needs no answers and still has problems cannot be used; an ONNX file may only lack answers.
  const blocked = check.onnx === null && !check.usable;
  const ready = name.trim() && !blocked && (draft ? checked?.spec : true);
  const save = async () => {
    if (!ready) return;
    setBusy(true);
    const model = await act('Adding the model', () =>
      request('models.add', {
        path: token,
        name: name.trim(),
        ...(checked?.spec ? { onnx: checked.spec } : {}),
      }),
    );
    setBusy(false);
    if (!model) return;
    invalidateDataset(client, null);
    toast('info', `${model.name} added`, model.problem ?? model.summary);
    onClose();
  };
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <div className="notice" data-kind={blocked ? 'error' : undefined}>
        <div>
          <strong>{kindNames[check.kind as ModelKind] ?? check.kind}</strong>
          <div className="muted">{check.summary}</div>
          <div className="mono small muted selectable">{path}</div>
          {check.problems.map((problem) => (
            <div key={problem} className="field-error selectable">
              {problem}
            </div>
          ))}
        </div>
      </div>
      <TextInput
        label="Name"
        value={name}
        maxLength={200}
        onChange={(event) => setName(event.currentTarget.value)}
        error={name.trim() ? null : 'Give the model a name.'}
      />
      {draft && checked && (
        <OnnxFields draft={draft} errors={checked.errors} known={check.onnx ?? {}} onChange={setDraft} />
      )}
      <div className="row" style={{ justifyContent: 'flex-end' }}>
        <Button onClick={onClose}>Cancel</Button>
        <Button
          type="submit"
          variant="filled"
          loading={busy}
          disabled={!ready}
          data-testid={testIds.modelSave}
        >
          Add
        </Button>
      </div>
    </form>
  );
}

interface OnnxProps {
  draft: OnnxDraft;
  errors: Partial<Record<keyof OnnxDraft, string>>;
  known: object;
  onChange: (draft: OnnxDraft) => void;
}

function OnnxFields({ draft, errors, known, onChange }: OnnxProps) {
  const fromFile = (field: keyof OnnxDraft) => (known as Record<string, unknown>)[field] != null;
  const common = (field: keyof OnnxDraft, label: string) => ({
    label: fromFile(field) ? `${label} (read from the file)` : label,
    error: errors[field],
    value: draft[field],
    'data-field': field,
  });
  const typed = (field: keyof OnnxDraft, label: string) => ({
    ...common(field, label),
    onChange: (event: { currentTarget: { value: string } }) =>
      onChange({ ...draft, [field]: event.currentTarget.value }),
  });
  const chosen = (field: keyof OnnxDraft, label: string) => ({
    ...common(field, label),
    value: draft[field] || null,
    placeholder: 'Choose',
    onChange: (value: string | null) => onChange({ ...draft, [field]: value ?? '' }),
  });
  return (
    <>
      <div className="muted small">
        What the file says is filled in. The rest decides what the model sees, so Crux asks instead of
        guessing: look in the model&rsquo;s own description.
      </div>
      <div className="form-grid" style={{ gridTemplateColumns: '1fr 1fr' }}>
        <TextInput {...typed('input', 'Input tensor')} />
        <Select {...chosen('layout', 'Layout')} data={['NCHW', 'NHWC']} />
        <TextInput {...typed('width', 'Width')} />
        <TextInput {...typed('height', 'Height')} />
        <Select {...chosen('channels', 'Channels')} data={['1', '3']} />
        <Select
          {...chosen('resize', 'Resize')}
          data={[
            { value: 'stretch', label: 'Stretch to the size' },
            { value: 'crop', label: 'Scale the short side, crop the middle' },
          ]}
        />
        <Select
          {...chosen('kernel', 'Resize filter (Pillow)')}
          placeholder="libvips Lanczos"
          clearable
          data={resizeKernel.options}
        />
        <TextInput {...typed('cropShare', 'Crop share')} placeholder="1" />
        <TextInput {...typed('mean', 'Mean, of RGB in 0 to 1')} />
        <TextInput {...typed('std', 'Standard deviation')} />
        <TextInput {...typed('logits', 'Output with the class scores')} />
        <TextInput {...typed('features', 'Output with the features')} />
      </div>
      <Textarea
        {...typed('labels', 'Labels, one a line, in the order of the class scores')}
        description="Read from config.json, the file's metadata or a label file beside the model, where there is one. Without labels the model serves as an encoder only."
        autosize
        minRows={3}
        maxRows={8}
      />
    </>
  );
}
