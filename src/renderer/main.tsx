/** Owns the start of the window: styles, providers, the app. */
import './zod-setup.ts';
import '@mantine/core/styles.css';
import './base.css';
import './browse/browse.css';
import { MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { makeQueryClient } from './queries.ts';
import { theme } from './theme.ts';

createRoot(document.getElementById('root')!).render(
  <QueryClientProvider client={makeQueryClient()}>
    <MantineProvider theme={theme} defaultColorScheme="auto">
      <App />
    </MantineProvider>
  </QueryClientProvider>,
);
