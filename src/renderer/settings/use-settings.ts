/** Owns reading and saving settings; the theme takes effect at once. */
import { useMantineColorScheme } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect } from 'react';
import type { Settings } from '../../shared/domain/settings.ts';
import { request } from '../api.ts';
import { useRequest } from '../queries.ts';
import { useAct } from '../ui/feedback.tsx';

export function useSettings() {
  const { data: settings, error } = useRequest('settings.get', {});
  const client = useQueryClient();
  const act = useAct();
  const save = useCallback(
    async (change: Partial<Settings>) => {
      const next = await act('Saving the setting', () => request('settings.set', change));
      if (next) client.setQueryData(['settings.get', {}], next);
    },
    [act, client],
  );
  return { settings, error, save };
}

/** Follows the theme setting; mounted once, by the app. */
export function useTheme(): void {
  const { settings } = useSettings();
  const { setColorScheme } = useMantineColorScheme();
  const theme = settings?.theme;
  useEffect(() => {
    if (theme) setColorScheme(theme === 'system' ? 'auto' : theme);
  }, [theme, setColorScheme]);
}
