/** Owns the results on disk: one entry for each campaign, so that one may be repeated alone. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Outcome } from './campaign.ts';

export interface Result extends Outcome {
  title: string;
  means?: string;
  /** Most memory of one process of the campaign; null where it cannot be measured. */
  peakMiB: number | null;
  seed: number;
  quick: boolean;
  /** Of the program; the commit ends with "+" where files differed from it. */
  version: string;
  commit: string;
  /** ISO date, UTC. */
  date: string;
  machine: string;
}

/** By campaign's name. */
export type Results = Record<string, Result>;

export const readResults = (file: string): Results =>
  existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Results) : {};

/** Puts one campaign's result in the place of its last one; a kill leaves the file whole. */
export function storeResult(file: string, name: string, result: Result): void {
  const merged = { ...readResults(file), [name]: result };
  const sorted = Object.fromEntries(Object.entries(merged).sort(([a], [b]) => (a < b ? -1 : 1)));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, `${JSON.stringify(sorted, null, 2)}\n`);
  renameSync(`${file}.new`, file);
}

/** Nothing was tried, and the campaign says why: the machine lacks what it takes. */
export const wasSkipped = ({ tried, failed, notes }: Outcome): boolean =>
  tried === 0 && failed.length === 0 && notes !== undefined;

/** What is wrong with an outcome; a campaign that counts wrongly has not shown anything. */
export function faultsOf(outcome: Outcome): string[] {
  const { tried, survived, failed } = outcome;
  if (failed.length > 0 || wasSkipped(outcome)) return failed;
  if (tried === 0) return ['nothing was tried, and no reason was given'];
  return survived === tried ? [] : [`${survived} of ${tried} survived, and no failure was named`];
}
