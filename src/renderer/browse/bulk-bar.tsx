/** Owns what can be done to many images at once. */
import { ActionIcon, Button, Menu, Popover, Select, Tabs, Textarea, TextInput } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import type { Dataset } from '../../shared/domain/dataset.ts';
import type { ReviewDecision } from '../../shared/domain/parts.ts';
import { limits } from '../../shared/limits.ts';
import { request } from '../api.ts';
import { useRequest } from '../queries.ts';
import { useStore } from '../state.ts';
import { testIds } from '../test-ids.ts';
import { useEdit, useEnqueue } from '../ui/feedback.tsx';
import { count, counted } from '../ui/format.ts';
import { Icon, type IconName } from '../ui/icons.tsx';
import { manyOptions } from '../ui/many.tsx';
import { emptySelection } from './selection.ts';

interface Props {
  dataset: Dataset;
  ids: ReadonlySet<number>;
}

export function BulkBar({ dataset, ids: chosen }: Props) {
  const setSelection = useStore((state) => state.setSelection);
  const toast = useStore((state) => state.toast);
  const edit = useEdit();
  if (chosen.size === 0) return null;
  const ids = [...chosen];
  const run = async (what: string, done: string, work: () => Promise<unknown>) => {
    const answer = await edit(what, work);
    if (answer !== undefined) toast('info', done, 'Ctrl Z takes it back.');
  };
  const decide = (decision: ReviewDecision) =>
    run('The review', `${counted(ids.length, 'image')} ${decision}ed`, () =>
      request('review.decide', { ids, decision }),
    );
  return (
    <div className="bulk" role="toolbar" aria-label="Actions on the selected images">
      <strong className="num" data-testid={testIds.selectionCount} data-count={ids.length}>
        {count(ids.length)} selected
      </strong>
      <Pop icon="review" label="Relabel" testId={testIds.bulkRelabel}>
        {(close) => (
          <Select
            label={`Class of ${counted(ids.length, 'image')}`}
            placeholder="Choose a class"
            {...manyOptions}
            comboboxProps={{ withinPortal: false }}
            data={dataset.classes.map(({ id, name }) => ({ value: String(id), label: name }))}
            value={null}
            onChange={(value) => {
              if (!value) return;
              const name = dataset.classes.find(({ id }) => id === Number(value))?.name;
              close();
              void run('Relabelling', `${counted(ids.length, 'image')} relabelled as ${name}`, () =>
                request('images.setClass', { ids, classId: Number(value) }),
              );
            }}
          />
        )}
      </Pop>
      <Pop icon="tag" label="Tag" testId={testIds.bulkTag}>
        {(close) => (
          <TagForm
            onTag={(tag, on) => {
              close();
              void run(
                'Tagging',
                `Tag "${tag}" ${on ? 'added to' : 'taken from'} ${counted(ids.length, 'image')}`,
                () => request('images.setTag', { ids, tag, on }),
              );
            }}
          />
        )}
      </Pop>
      <Pop icon="caption" label="Caption" testId={testIds.bulkCaption} width={340}>
        {(close) => <CaptionForm dataset={dataset} ids={ids} run={run} close={close} />}
      </Pop>
      <Button
        leftSection={<Icon name="accept" size={14} />}
        data-testid={testIds.bulkAccept}
        onClick={() => void decide('accept')}
      >
        Accept
      </Button>
      <Button
        leftSection={<Icon name="reject" size={14} />}
        data-testid={testIds.bulkReject}
        onClick={() => void decide('reject')}
      >
        Reject
      </Button>
      <Menu>
        <Menu.Target>
          <Button>More</Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            onClick={() =>
              void run('The review', 'Decisions cleared', () =>
                request('review.decide', { ids, decision: null }),
              )
            }
          >
            Clear the decision
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <ActionIcon
        aria-label="Clear the selection"
        title="Clear the selection (Esc)"
        onClick={() => setSelection(emptySelection)}
      >
        <Icon name="close" />
      </ActionIcon>
    </div>
  );
}

interface PopProps {
  icon: IconName;
  label: string;
  testId: string;
  width?: number;
  children: (close: () => void) => ReactNode;
}

function Pop({ icon, label, testId, width = 260, children }: PopProps) {
  const [opened, setOpened] = useState(false);
  return (
    <Popover opened={opened} onChange={setOpened} width={width} trapFocus withArrow shadow="md">
      <Popover.Target>
        <Button
          leftSection={<Icon name={icon} size={14} />}
          data-testid={testId}
          onClick={() => setOpened((open) => !open)}
        >
          {label}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>{children(() => setOpened(false))}</Popover.Dropdown>
    </Popover>
  );
}

function TagForm({ onTag }: { onTag: (tag: string, on: boolean) => void }) {
  const [tag, setTag] = useState('');
  const name = tag.trim();
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (name) onTag(name, true);
      }}
    >
      <TextInput
        label="Tag"
        maxLength={100}
        value={tag}
        onChange={(event) => setTag(event.currentTarget.value)}
      />
      <div className="row">
        <Button type="submit" variant="filled" disabled={!name}>
          Add
        </Button>
        <Button disabled={!name} onClick={() => onTag(name, false)}>
          Remove
        </Button>
      </div>
    </form>
  );
}

interface CaptionProps {
  dataset: Dataset;
  ids: number[];
  run: (what: string, done: string, work: () => Promise<unknown>) => Promise<void>;
  close: () => void;
}

function CaptionForm({ dataset, ids, run, close }: CaptionProps) {
  const [text, setText] = useState('');
  const [find, setFind] = useState('');
  const [replace, setReplace] = useState('');
  const [template, setTemplate] = useState('a photo of a [CLS]');
  const toast = useStore((state) => state.toast);
  const edit = useEdit();
  const enqueue = useEnqueue();
  const captioners = (useRequest('models.list', {}).data ?? []).filter(
    (m) => m.kind === 'captioner' && m.usable,
  );
  return (
    <Tabs defaultValue="set">
      <Tabs.List mb="sm">
        <Tabs.Tab value="set">Set</Tabs.Tab>
        <Tabs.Tab value="replace">Find and replace</Tabs.Tab>
        <Tabs.Tab value="template">Template</Tabs.Tab>
        <Tabs.Tab value="model">Model</Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="set">
        <div className="stack">
          <Textarea
            label={`Caption of ${counted(ids.length, 'image')}`}
            autosize
            minRows={2}
            maxLength={limits.prompt}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
          <Button
            variant="filled"
            onClick={() => {
              close();
              void run('Captioning', `Caption of ${counted(ids.length, 'image')} set`, () =>
                request('captions.set', { ids, text }),
              );
            }}
          >
            Set caption
          </Button>
        </div>
      </Tabs.Panel>
      <Tabs.Panel value="replace">
        <div className="stack">
          <TextInput
            label="Find (exactly, upper and lower case differ)"
            maxLength={500}
            value={find}
            onChange={(event) => setFind(event.currentTarget.value)}
          />
          <TextInput
            label="Replace with"
            maxLength={500}
            value={replace}
            onChange={(event) => setReplace(event.currentTarget.value)}
          />
          <Button
            variant="filled"
            disabled={!find}
            onClick={async () => {
              close();
              const changed = await edit('Replacing', () =>
                request('captions.replace', { ids, find, replace }),
              );
              if (changed !== undefined) toast('info', `${counted(changed, 'caption')} changed`);
            }}
          >
            Replace in {counted(ids.length, 'caption')}
          </Button>
        </div>
      </Tabs.Panel>
      <Tabs.Panel value="template">
        <div className="stack">
          <TextInput
            label="Template for the whole dataset"
            description="[CLS] becomes the class. Captions that a person wrote stay as they are."
            value={template}
            maxLength={limits.prompt}
            onChange={(event) => setTemplate(event.currentTarget.value)}
          />
          <Button
            variant="filled"
            disabled={!template.trim()}
            onClick={async () => {
              close();
              await enqueue('Captioning', {
                kind: 'caption',
                params: { datasetId: dataset.id, method: 'template', template },
              });
            }}
          >
            Caption all {count(dataset.images + dataset.synthetic)} images
          </Button>
        </div>
      </Tabs.Panel>
      <Tabs.Panel value="model">
        <div className="stack">
          <span>
            {captioners.length > 0
              ? 'A model describes every image in words. Captions that a person wrote stay as they are.'
              : 'No captioner is there yet. Add the folder of an image-to-text model in ONNX under Settings; it would describe every image in words.'}
          </span>
          {captioners.map((model) => (
            <Button
              key={model.id}
              variant="filled"
              onClick={async () => {
                close();
                await enqueue('Captioning', {
                  kind: 'caption',
                  params: { datasetId: dataset.id, method: 'model', modelId: model.id },
                });
              }}
            >
              Describe all {count(dataset.images + dataset.synthetic)} images with {model.name}
            </Button>
          ))}
        </div>
      </Tabs.Panel>
    </Tabs>
  );
}
