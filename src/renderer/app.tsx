/** Owns the window: rail, top bar, the current screen, job bar; menu commands and the first dataset. */
import { type ComponentType, useEffect, useState } from 'react';
import { listen } from './api.ts';
import { BrowseScreen } from './browse/browse-screen.tsx';
import { ControlScreen } from './control/control-screen.tsx';
import { DatasetsScreen } from './datasets/datasets-screen.tsx';
import { DifficultyScreen } from './difficulty/difficulty-screen.tsx';
import { ExportScreen } from './export/export-screen.tsx';
import { GenerateScreen } from './generate/generate-screen.tsx';
import { IssuesScreen } from './issues/issues-screen.tsx';
import { JobsScreen } from './jobs/jobs-screen.tsx';
import { MapScreen } from './map/map-screen.tsx';
import { useCatalogEvents, useDatasets } from './queries.ts';
import { ReviewScreen } from './review/review-screen.tsx';
import { SettingsScreen } from './settings/settings-screen.tsx';
import { useTheme } from './settings/use-settings.ts';
import { ShortcutHelp } from './shell/help.tsx';
import { JobBar } from './shell/job-bar.tsx';
import { Rail } from './shell/rail.tsx';
import { isTyping, useGlobalShortcuts } from './shell/shortcuts.ts';
import { TopBar } from './shell/top-bar.tsx';
import { type Screen, useStore } from './state.ts';
import { testIds } from './test-ids.ts';
import { TrainScreen } from './train/train-screen.tsx';
import { Boundary } from './ui/boundary.tsx';
import { Toasts, useHistory } from './ui/feedback.tsx';

const screenOf: Record<Screen, ComponentType> = {
  datasets: DatasetsScreen,
  browse: BrowseScreen,
  difficulty: DifficultyScreen,
  issues: IssuesScreen,
  map: MapScreen,
  train: TrainScreen,
  generate: GenerateScreen,
  control: ControlScreen,
  review: ReviewScreen,
  export: ExportScreen,
  jobs: JobsScreen,
  settings: SettingsScreen,
};

/** Opens the newest dataset at the start, and lets go of one that was removed. */
function useOpenDataset() {
  const { data } = useDatasets();
  const datasetId = useStore((state) => state.datasetId);
  const open = useStore((state) => state.openDataset);
  useEffect(() => {
    if (!data || data.some(({ id }) => id === datasetId)) return;
    const newest = data.reduce<number | null>(
      (best, { id }) => (best === null || id > best ? id : best),
      null,
    );
    if (newest !== datasetId) open(newest);
  }, [data, datasetId, open]);
}

function useMenu(undo: () => void, redo: () => void) {
  const show = useStore((state) => state.show);
  const requestImport = useStore((state) => state.requestImport);
  useEffect(
    () =>
      listen('menu.command', ({ command }) => {
        if (command === 'import') {
          show('datasets');
          requestImport(true);
        } else if (command === 'settings') show('settings');
        else if (command === 'find') {
          show('browse');
          setTimeout(() => document.querySelector<HTMLInputElement>('[data-search]')?.focus(), 0);
        } else if (isTyping(document.activeElement)) document.execCommand(command);
        else if (command === 'undo') undo();
        else redo();
      }),
    [show, requestImport, undo, redo],
  );
}

/** A job that failed is told where the user is; its row in Jobs keeps the reason. */
function useFailures() {
  const toast = useStore((state) => state.toast);
  useEffect(
    () =>
      listen('job.updated', (job) => {
        if (job.state === 'failed') toast('error', `${job.title} failed`, job.error ?? undefined);
      }),
    [toast],
  );
}

export function App() {
  const screen = useStore((state) => state.screen);
  const [helpOpen, setHelpOpen] = useState(false);
  const { undo, redo } = useHistory();
  useCatalogEvents();
  useTheme();
  useFailures();
  useOpenDataset();
  useMenu(undo, redo);
  const help = () => setHelpOpen(true);
  useGlobalShortcuts({ undo, redo, help });
  const Current = screenOf[screen];
  return (
    <div className="app">
      <Rail />
      <TopBar undo={undo} redo={redo} help={help} />
      <main className="main" data-testid={testIds.screen(screen)}>
        <Boundary name={screen}>
          <Current />
        </Boundary>
      </main>
      <JobBar />
      <Toasts />
      <ShortcutHelp opened={helpOpen} onClose={() => setHelpOpen(false)} />
    </div>
  );
}
