/** Owns the top bar: which dataset is open, its size, undo and redo, the engine's state, theme, help. */
import { ActionIcon, Button, Select, Tooltip, useComputedColorScheme } from '@mantine/core';
import { useEffect, useState } from 'react';
import type { EngineState } from '../../shared/contract.ts';
import { listen, request } from '../api.ts';
import { useDataset, useDatasets, useRequest } from '../queries.ts';
import { useSettings } from '../settings/use-settings.ts';
import { useStore } from '../state.ts';
import { testIds } from '../test-ids.ts';
import { useAct } from '../ui/feedback.tsx';
import { count } from '../ui/format.ts';
import { Icon } from '../ui/icons.tsx';
import { scorerChoices } from '../ui/scorer-choices.ts';

const engineText: Record<EngineState, string> = {
  starting: 'Engine starting',
  ready: 'Engine ready',
  down: 'Engine restarting',
  stopped: 'Engine stopped',
};

function Engine() {
  const { data } = useRequest('app.info', {});
  const [live, setLive] = useState<{ state: EngineState; message: string } | null>(null);
  useEffect(() => listen('engine.state', setLive), []);
  const act = useAct();
  const state = live?.state ?? data?.engine ?? 'starting';
  const message = live?.message || data?.engineMessage;
  const stopped = state === 'stopped';
  return (
    <>
      <Tooltip label={message || 'Browsing works while the engine is busy or down; jobs wait for it.'}>
        <span className="engine" data-testid={testIds.engineState} data-state={state} role="status">
          <span className="dot" data-state={state} />
          <span className="ellipsis">{stopped ? `${engineText[state]}: ${message}` : engineText[state]}</span>
        </span>
      </Tooltip>
      {stopped && (
        <Button
          size="compact-xs"
          data-testid={testIds.engineRetry}
          onClick={() => void act('Starting the engine', () => request('engine.retry', {}))}
        >
          Try again
        </Button>
      )}
    </>
  );
}

function DatasetSwitch() {
  const { data } = useDatasets();
  const datasetId = useStore((state) => state.datasetId);
  const open = useStore((state) => state.openDataset);
  return (
    <Select
      w={230}
      aria-label="Open dataset"
      data-testid={testIds.datasetSwitch}
      placeholder={data?.length ? 'Choose a dataset' : 'No dataset yet'}
      disabled={!data?.length}
      searchable
      data={(data ?? []).map(({ id, name }) => ({ value: String(id), label: name }))}
      value={datasetId === null ? null : String(datasetId)}
      onChange={(value) => open(value === null ? null : Number(value))}
    />
  );
}

interface Props {
  undo: () => void;
  redo: () => void;
  help: () => void;
}

export function TopBar({ undo, redo, help }: Props) {
  const dataset = useDataset();
  const scheme = useComputedColorScheme();
  const { save } = useSettings();
  const act = useAct();
  const scorer = dataset?.scorers.find(({ id }) => id === dataset.currentScorerId);
  return (
    <header className="topbar">
      <DatasetSwitch />
      {dataset && (
        <div className="facts num">
          <span>
            <b>{count(dataset.images)}</b> real
          </span>
          <span>
            <b>{count(dataset.synthetic)}</b> synthetic
          </span>
          <span>
            <b>{count(dataset.classes.length)}</b> {dataset.classes.length === 1 ? 'class' : 'classes'}
          </span>
          {dataset.scorers.length > 1 && scorer ? (
            <Select
              aria-label="Scorer whose difficulty is shown"
              size="xs"
              w={300}
              variant="unstyled"
              data={scorerChoices(dataset.scorers)}
              value={String(scorer.id)}
              onChange={(value) =>
                value &&
                void act('Choosing the scorer', () =>
                  request('datasets.setScorer', { datasetId: dataset.id, scorerId: Number(value) }),
                )
              }
            />
          ) : (
            <span className="ellipsis">{scorer ? scorer.name : 'not scored'}</span>
          )}
        </div>
      )}
      <div className="spacer" />
      <ActionIcon aria-label="Undo" title="Undo (Ctrl Z)" data-testid={testIds.undo} onClick={undo}>
        <Icon name="undo" />
      </ActionIcon>
      <ActionIcon aria-label="Redo" title="Redo (Ctrl Shift Z)" data-testid={testIds.redo} onClick={redo}>
        <Icon name="redo" />
      </ActionIcon>
      <Engine />
      <ActionIcon
        aria-label={scheme === 'dark' ? 'Use the light theme' : 'Use the dark theme'}
        data-testid={testIds.themeToggle}
        onClick={() => void save({ theme: scheme === 'dark' ? 'light' : 'dark' })}
      >
        <Icon name={scheme === 'dark' ? 'sun' : 'moon'} />
      </ActionIcon>
      <ActionIcon
        aria-label="Keyboard shortcuts"
        title="Keyboard shortcuts (?)"
        data-testid={testIds.shortcutsButton}
        onClick={help}
      >
        <Icon name="help" />
      </ActionIcon>
    </header>
  );
}
