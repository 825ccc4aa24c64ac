/** Owns models and settings: what Crux computes with, on what, and how it looks. */
import { Button, NumberInput, SegmentedControl, Select } from '@mantine/core';
import type { DeviceName, Settings } from '../../shared/domain/settings.ts';
import { choosePath } from '../chosen-paths.ts';
import { useRequest } from '../queries.ts';
import { testIds } from '../test-ids.ts';
import { ErrorPanel, useAct } from '../ui/feedback.tsx';
import { Field } from '../ui/fields.tsx';
import { Doctor } from './doctor.tsx';
import { Models } from './models.tsx';
import { useSettings } from './use-settings.ts';

const devices: { value: DeviceName; label: string }[] = [
  { value: 'auto', label: 'Automatic: the fastest that works' },
  { value: 'cuda', label: 'CUDA (NVIDIA)' },
  { value: 'dml', label: 'DirectML (Windows)' },
  { value: 'webgpu', label: 'WebGPU' },
  { value: 'cpu', label: 'CPU' },
];

export function SettingsScreen() {
  const { settings, error, save } = useSettings();
  const { data: info } = useRequest('app.info', {});
  const act = useAct();
  const chooseFolder = async () => {
    const folder = await act('Opening the dialog', () => choosePath('models-folder'));
    if (folder) await save({ modelsFolder: folder.token });
  };
  return (
    <div className="screen">
      <div className="toolbar">
        <span className="toolbar-title">Models and settings</span>
        <div className="spacer" />
        {info && (
          <span className="muted small selectable">
            Crux {info.version} · {info.platform} · <span className="mono">{info.catalog}</span>
          </span>
        )}
      </div>
      <div className="screen page">
        {error && <ErrorPanel what="The settings cannot be read" error={error} />}
        <Models />
        {settings && (
          <div className="panel page-narrow" style={{ flex: 'none' }}>
            <div className="panel-head">Settings</div>
            <div className="panel-body form-grid settings-grid">
              <Field label="Theme" help="System follows your desktop.">
                <SegmentedControl
                  aria-label="Theme"
                  data-testid={testIds.themeChoice}
                  data={[
                    { value: 'system', label: 'System' },
                    { value: 'light', label: 'Light' },
                    { value: 'dark', label: 'Dark' },
                  ]}
                  value={settings.theme}
                  onChange={(theme) => void save({ theme: theme as Settings['theme'] })}
                />
              </Field>
              <Field
                label="Device"
                help="What the engine computes on. Automatic tries CUDA, then DirectML or WebGPU, then the CPU, and takes the first whose results are right."
              >
                <Select
                  aria-label="Device"
                  data-testid={testIds.deviceChoice}
                  data={devices}
                  value={settings.device}
                  onChange={(device) => device && void save({ device: device as DeviceName })}
                />
              </Field>
              <Field
                label="Threads"
                help="CPU threads of the engine, 0 to 256. 0 leaves the choice to the runtime."
              >
                <NumberInput
                  aria-label="Threads"
                  min={0}
                  max={256}
                  value={settings.threads}
                  onChange={(threads) => typeof threads === 'number' && void save({ threads })}
                />
              </Field>
              <Field
                label="Memory"
                help="Low: weights are read from their files as they are needed. Slower, and far less memory: for models that do not fit otherwise."
              >
                <SegmentedControl
                  aria-label="Memory"
                  data={[
                    { value: 'normal', label: 'Normal' },
                    { value: 'low', label: 'Low' },
                  ]}
                  value={settings.lowMemory ? 'low' : 'normal'}
                  onChange={(mode) => void save({ lowMemory: mode === 'low' })}
                />
              </Field>
              <Field
                label="Precision"
                help="Half: on a GPU, generation computes in 16 bits where that is safe. Faster and less memory; the pictures of a seed differ slightly. The CPU and training always use full precision."
              >
                <SegmentedControl
                  aria-label="Precision"
                  data={[
                    { value: 'full', label: 'Full' },
                    { value: 'half', label: 'Half' },
                  ]}
                  value={settings.halfPrecision ? 'half' : 'full'}
                  onChange={(mode) => void save({ halfPrecision: mode === 'half' })}
                />
              </Field>
              <Field
                label="Models folder"
                help="A folder of your own models. Crux reads it and never writes into it."
              >
                <div className="row" data-testid={testIds.modelsFolder}>
                  <span className="mono ellipsis selectable" title={settings.modelsFolder ?? undefined}>
                    {settings.modelsFolder ?? 'none chosen'}
                  </span>
                  <Button onClick={() => void chooseFolder()}>Choose…</Button>
                  {settings.modelsFolder && (
                    <Button variant="subtle" onClick={() => void save({ modelsFolder: null })}>
                      Forget
                    </Button>
                  )}
                </div>
              </Field>
            </div>
          </div>
        )}
        <Doctor />
      </div>
    </div>
  );
}
