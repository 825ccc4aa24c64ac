/** Owns how the app answers: toasts, error panels, empty states, and running a request with its error shown. */
import { Button, CloseButton } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useCallback, useEffect } from 'react';
import type { JobRequestInput } from '../../shared/jobs/index.ts';
import type { Job } from '../../shared/jobs/job.ts';
import { messageOf, request } from '../api.ts';
import { invalidateDataset, upsertJob } from '../queries.ts';
import { type Toast, useStore } from '../state.ts';
import { testIds } from '../test-ids.ts';
import { Icon, type IconName } from './icons.tsx';

/** Runs an action; when it fails, says what failed and main's reason, and gives undefined. */
export function useAct() {
  const toast = useStore((state) => state.toast);
  return useCallback(
    async <T,>(what: string, work: () => Promise<T>): Promise<T | undefined> => {
      try {
        return await work();
      } catch (error) {
        toast('error', `${what} did not work`, messageOf(error));
        return undefined;
      }
    },
    [toast],
  );
}

/** An edit of images by a person: runs it and asks again for everything of that dataset. */
export function useEdit() {
  const act = useAct();
  const client = useQueryClient();
  const datasetId = useStore((state) => state.datasetId);
  return useCallback(
    async <T,>(what: string, work: () => Promise<T>): Promise<T | undefined> => {
      const value = await act(what, work);
      invalidateDataset(client, datasetId);
      return value;
    },
    [act, client, datasetId],
  );
}

/** Puts a job into the queue; undefined when main refused it (the reason is shown). */
export function useEnqueue() {
  const act = useAct();
  const client = useQueryClient();
  return useCallback(
    async (what: string, jobRequest: JobRequestInput): Promise<Job | undefined> => {
      const job = await act(what, () => request('jobs.enqueue', { request: jobRequest }));
      if (job) upsertJob(client, job);
      return job;
    },
    [act, client],
  );
}

/** Undo and redo of the newest edit, with a word about what it was. */
export function useHistory() {
  const edit = useEdit();
  const toast = useStore((state) => state.toast);
  const step = useCallback(
    async (name: 'edits.undo' | 'edits.redo') => {
      const verb = name === 'edits.undo' ? 'Undo' : 'Redo';
      let answered = false;
      const what = await edit(verb, async () => {
        const value = await request(name, {});
        answered = true;
        return value;
      });
      if (answered)
        toast(
          'info',
          what ? `${verb === 'Undo' ? 'Undone' : 'Done again'}: ${what}` : `Nothing to ${verb.toLowerCase()}`,
        );
    },
    [edit, toast],
  );
  return { undo: () => step('edits.undo'), redo: () => step('edits.redo') };
}

function ToastCard({ toast }: { toast: Toast }) {
  const dismiss = useStore((state) => state.dismiss);
  useEffect(() => {
    const timer = setTimeout(() => dismiss(toast.id), toast.kind === 'error' ? 15_000 : 4_000);
    return () => clearTimeout(timer);
  }, [toast, dismiss]);
  return (
    <div
      className="toast"
      data-kind={toast.kind}
      data-testid={testIds.toast}
      role={toast.kind === 'error' ? 'alert' : 'status'}
    >
      <div className="toast-text">
        <strong>{toast.title}</strong>
        {toast.message && <div className="muted">{toast.message}</div>}
      </div>
      <CloseButton size="sm" aria-label="Dismiss" onClick={() => dismiss(toast.id)} />
    </div>
  );
}

export function Toasts() {
  const toasts = useStore((state) => state.toasts);
  return (
    <div className="toasts">
      {toasts.map((toast) => (
        <ToastCard key={toast.id} toast={toast} />
      ))}
    </div>
  );
}

/** Takes the place of what could not be shown. */
export function ErrorPanel({ what, error, retry }: { what: string; error: unknown; retry?: () => void }) {
  return (
    <div className="notice" data-kind="error" role="alert">
      <Icon name="warning" />
      <div>
        <strong>{what}</strong>
        <div className="muted selectable">{messageOf(error)}</div>
      </div>
      {retry && <Button onClick={retry}>Try again</Button>}
    </div>
  );
}

interface EmptyProps {
  icon: IconName;
  title: string;
  children?: ReactNode;
  actions?: ReactNode;
}

/** An empty screen: what will be here, and the one step that brings it. */
export function EmptyState({ icon, title, children, actions }: EmptyProps) {
  return (
    <div className="empty">
      <div className="empty-icon">
        <Icon name={icon} size={30} />
      </div>
      <h2>{title}</h2>
      <div className="empty-text">{children}</div>
      {actions && <div className="empty-actions">{actions}</div>}
    </div>
  );
}

/** For screens that need a dataset. */
export function NoDataset() {
  const show = useStore((state) => state.show);
  return (
    <EmptyState
      icon="datasets"
      title="No dataset is open"
      actions={
        <Button variant="filled" onClick={() => show('datasets')}>
          Go to datasets
        </Button>
      }
    >
      Choose one at the top of the window, or import a folder of labelled images.
    </EmptyState>
  );
}
