/** Owns the list of models: built in, trained here, and the user's own. */
import { ActionIcon, Badge, Button, Menu } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { ModelEntry } from '../../shared/domain/model.ts';
import type { ChosenPath } from '../../shared/paths.ts';
import { request } from '../api.ts';
import { choosePath } from '../chosen-paths.ts';
import { invalidateDataset, useRequest } from '../queries.ts';
import { testIds } from '../test-ids.ts';
import { ErrorPanel, useAct } from '../ui/feedback.tsx';
import { Icon } from '../ui/icons.tsx';
import { AddModel } from './add-model.tsx';
import { kindNames } from './kind-names.ts';

export function Models() {
  const { data: models, error, refetch } = useRequest('models.list', {});
  const [model, setModel] = useState<ChosenPath | null>(null);
  const act = useAct();
  const choose = async (kind: 'file' | 'folder') => {
    const chosen = await act('Opening the dialog', () =>
      choosePath(kind === 'file' ? 'model-file' : 'model-folder'),
    );
    if (chosen) setModel(chosen);
  };
  return (
    <div className="panel" style={{ flex: 'none' }}>
      <div className="panel-head">
        Models
        <span className="spacer" />
        <Menu>
          <Menu.Target>
            <Button data-testid={testIds.modelAdd}>Add a model…</Button>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item onClick={() => void choose('file')}>A file (.onnx, .safetensors)</Menu.Item>
            <Menu.Item onClick={() => void choose('folder')}>
              A folder (diffusion or difficulty model, ResNet, ViT, CLIP)
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </div>
      {error && (
        <div className="panel-body">
          <ErrorPanel what="The models cannot be listed" error={error} retry={() => void refetch()} />
        </div>
      )}
      {models && (
        <table className="data num">
          <thead>
            <tr>
              <th>Name</th>
              <th>Kind</th>
              <th>What it is</th>
              <th>SHA-256</th>
              <th aria-label="Actions" />
            </tr>
          </thead>
          <tbody>
            {models.map((model) => (
              <Row key={model.id} model={model} />
            ))}
          </tbody>
        </table>
      )}
      <AddModel model={model} onClose={() => setModel(null)} />
    </div>
  );
}

function Row({ model }: { model: ModelEntry }) {
  const act = useAct();
  const client = useQueryClient();
  const remove = async () => {
    await act('Removing the model', () => request('models.remove', { id: model.id }));
    invalidateDataset(client, null);
  };
  return (
    <tr
      data-testid={testIds.modelRow}
      data-model-id={model.id}
      data-kind={model.kind}
      data-usable={model.usable}
    >
      <td style={{ maxWidth: 260 }}>
        <div className="row">
          <span className="ellipsis">{model.name}</span>
          {model.builtIn && <Badge color="gray">built in</Badge>}
        </div>
        <div className="muted small mono ellipsis selectable" title={model.path}>
          {model.path}
        </div>
      </td>
      <td style={{ whiteSpace: 'nowrap' }}>{kindNames[model.kind]}</td>
      <td>
        {model.summary}
        {model.problem && <div className="field-error selectable">{model.problem}</div>}
      </td>
      <td className="mono muted selectable" title={model.hash}>
        {model.hash.slice(0, 10)}
      </td>
      <td className="right">
        {!model.builtIn && (
          <ActionIcon
            aria-label={`Remove ${model.name} from the catalog; its files stay`}
            title="Remove from the catalog; the files stay"
            onClick={() => void remove()}
          >
            <Icon name="trash" />
          </ActionIcon>
        )}
      </td>
    </tr>
  );
}
