/** Owns the list of shortcuts that `?` shows. */
import { Modal } from '@mantine/core';
import { Fragment } from 'react';
import { shortcutHelp } from './shortcuts.ts';

const isMac = navigator.platform.startsWith('Mac');
const shown = (keys: string) => (isMac ? keys.replace('Ctrl', '⌘') : keys);

export function ShortcutHelp({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title="Keyboard shortcuts" size="lg">
      <div style={{ columns: 2, columnGap: 32 }}>
        {shortcutHelp.map(({ group, keys }) => (
          <div key={group} style={{ breakInside: 'avoid', marginBottom: 16 }}>
            <h3 style={{ marginBottom: 6 }}>{group}</h3>
            <dl className="facts-list" style={{ gap: '5px 12px' }}>
              {keys.map(([key, what]) => (
                <Fragment key={key}>
                  <dt>
                    <kbd>{shown(key)}</kbd>
                  </dt>
                  <dd>{what}</dd>
                </Fragment>
              ))}
            </dl>
          </div>
        ))}
      </div>
    </Modal>
  );
}
