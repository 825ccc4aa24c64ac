/** Owns the screen that shows whether difficulty is controlled, and what makes classes hard. */
import './control.css';
import { SegmentedControl } from '@mantine/core';
import { useState } from 'react';
import type { Dataset } from '../../shared/domain/dataset.ts';
import { useDataset } from '../queries.ts';
import { testIds } from '../test-ids.ts';
import { NoDataset } from '../ui/feedback.tsx';
import { ControlTab } from './control-tab.tsx';
import { HardFactorsTab } from './hard-factors-tab.tsx';

export function ControlScreen() {
  const dataset = useDataset();
  return dataset ? <Control key={dataset.id} dataset={dataset} /> : <NoDataset />;
}

type Tab = 'control' | 'hard-factors';

function Control({ dataset }: { dataset: Dataset }) {
  const [tab, setTab] = useState<Tab>('control');
  const tabs = (
    <SegmentedControl
      aria-label="Control or hard factors"
      data-testid={testIds.controlTab}
      data={[
        { value: 'control', label: 'Control' },
        { value: 'hard-factors', label: 'Hard factors' },
      ]}
      value={tab}
      onChange={(value) => setTab(value as Tab)}
    />
  );
  return tab === 'control' ? (
    <ControlTab dataset={dataset} tabs={tabs} />
  ) : (
    <HardFactorsTab dataset={dataset} tabs={tabs} />
  );
}
