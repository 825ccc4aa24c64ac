/** Owns the left rail: one button per screen. */
import { Tooltip } from '@mantine/core';
import { screens, useStore } from '../state.ts';
import { testIds } from '../test-ids.ts';
import { Icon } from '../ui/icons.tsx';
import { goKey, screenName } from './shortcuts.ts';

export function Rail() {
  const current = useStore((state) => state.screen);
  const show = useStore((state) => state.show);
  return (
    <nav className="rail" aria-label="Screens">
      <div className="rail-mark" aria-hidden="true">
        crux
      </div>
      {screens.map((screen, i) => (
        <Tooltip
          key={screen}
          position="right"
          label={`${screenName[screen]} · ${i < 9 ? `Ctrl ${i + 1} or ` : ''}G ${goKey[screen].toUpperCase()}`}
        >
          <button
            type="button"
            className="rail-item"
            data-testid={testIds.nav(screen)}
            aria-current={screen === current ? 'page' : undefined}
            onClick={() => show(screen)}
          >
            <Icon name={screen} size={19} />
            {screenName[screen]}
          </button>
        </Tooltip>
      ))}
    </nav>
  );
}
