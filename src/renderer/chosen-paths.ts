/**
 * Owns choosing files: a native dialog answers with a token, which is all that requests and forms hold, and with the
 * path that is shown for it.
 */
import type { ChosenPath, PathPurpose } from '../shared/paths.ts';
import { request } from './api.ts';

const shown = new Map<string, string>();

/** null: cancelled. `name` is proposed for what does not exist yet. */
export async function choosePath(purpose: PathPurpose, name?: string): Promise<ChosenPath | null> {
  const chosen = await request('dialog.choose', { purpose, ...(name === undefined ? {} : { name }) });
  if (chosen) shown.set(chosen.token, chosen.path);
  return chosen;
}

/** The path that a token stands for. */
export const pathOf = (token: string): string => shown.get(token) ?? '';
