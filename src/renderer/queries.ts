/** Owns how answers of main are cached, and which events make them stale. */
import {
  keepPreviousData,
  QueryClient,
  type UseQueryResult,
  useQueries,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { useEffect, useMemo } from 'react';
import type { RequestInput, RequestName, RequestOutput } from '../shared/contract.ts';
import type { Dataset } from '../shared/domain/dataset.ts';
import type { ImageSummary } from '../shared/domain/image.ts';
import type { Job } from '../shared/jobs/job.ts';
import { listen, request } from './api.ts';
import { useStore } from './state.ts';

export const jobsInput = { limit: 200 } as const;
const jobsKey = ['jobs.list', jobsInput] as const;

export const makeQueryClient = () =>
  new QueryClient({
    defaultOptions: {
      // Main tells us when something changed; polling and retries would only hide errors.
      queries: {
        retry: false,
        staleTime: Number.POSITIVE_INFINITY,
        refetchOnWindowFocus: false,
        networkMode: 'always',
      },
      mutations: { networkMode: 'always' },
    },
  });

interface Options {
  enabled?: boolean;
  /** Shows the last answer while the next one is fetched. */
  keep?: boolean;
  refetchMs?: number;
}

export function useRequest<N extends RequestName>(
  name: N,
  input: RequestInput<N>,
  { enabled = true, keep = false, refetchMs }: Options = {},
): UseQueryResult<RequestOutput<N>> {
  return useQuery<RequestOutput<N>>({
    queryKey: [name, input],
    queryFn: () => request(name, input),
    enabled,
    placeholderData: keep ? (keepPreviousData as never) : undefined,
    refetchInterval: refetchMs,
  });
}

const catalogWide = new Set(['datasets.list', 'models.list']);
const byImage = new Set(['images.byIds', 'images.detail']);

/** Marks what a change of one dataset (null: of the lists) has made stale, and asks again for what is shown. */
export function invalidateDataset(client: QueryClient, datasetId: number | null): void {
  void client.invalidateQueries({
    predicate: ({ queryKey }) => {
      const [name, input] = queryKey as [string, { datasetId?: number } | undefined];
      if (catalogWide.has(name)) return true;
      if (datasetId === null) return name === 'datasets.get';
      // Opens a model: asked again by a person, not by every batch of a job.
      if (name === 'images.like') return false;
      return byImage.has(name) || input?.datasetId === datasetId;
    },
  });
}

export function upsertJob(client: QueryClient, job: Job): void {
  client.setQueryData<Job[]>(jobsKey, (jobs) => {
    if (!jobs) return jobs;
    return jobs.some(({ id }) => id === job.id)
      ? jobs.map((old) => (old.id === job.id ? job : old))
      : [job, ...jobs];
  });
}

/** A bulk job reports often; the lists are asked again at most this often (ms). */
const quietMs = 800;

/** Connects main's events to the cache; mounted once, by the app. */
export function useCatalogEvents(): void {
  const client = useQueryClient();
  useEffect(() => {
    const stale = new Set<number | null>();
    let timer: ReturnType<typeof setTimeout> | null = null;
    const flush = () => {
      timer = null;
      for (const datasetId of stale) invalidateDataset(client, datasetId);
      stale.clear();
    };
    const mark = (datasetId: number | null) => {
      stale.add(datasetId);
      timer ??= setTimeout(flush, quietMs);
    };
    const stops = [
      listen('catalog.changed', ({ datasetId }) => mark(datasetId)),
      listen('job.updated', (job) => {
        upsertJob(client, job);
        if (job.state !== 'queued' && job.state !== 'running') mark(job.datasetId);
      }),
      listen('engine.state', () => void client.invalidateQueries({ queryKey: ['app.info'] })),
    ];
    return () => {
      if (timer) clearTimeout(timer);
      for (const stop of stops) stop();
    };
  }, [client]);
}

export const useJobs = () => useRequest('jobs.list', jobsInput);

export const useDatasets = () => useRequest('datasets.list', {});

/** The dataset that is open, or null. */
export function useDataset(): Dataset | null {
  const datasetId = useStore((state) => state.datasetId);
  const { data } = useDatasets();
  return useMemo(() => data?.find(({ id }) => id === datasetId) ?? null, [data, datasetId]);
}

const pageSize = 200;

/** Summaries of order[from..to), fetched in whole pages so that scrolling back finds them in the cache. */
export function useSummaries(order: Uint32Array, from: number, to: number): Map<number, ImageSummary> {
  const pages: number[][] = [];
  for (let page = Math.floor(from / pageSize); page * pageSize < Math.min(to, order.length); page++) {
    pages.push(Array.from(order.subarray(page * pageSize, (page + 1) * pageSize)));
  }
  return useQueries({
    queries: pages.map((ids) => ({
      queryKey: ['images.byIds', { ids }],
      queryFn: () => request('images.byIds', { ids }),
    })),
    combine: combineSummaries,
  });
}

const combineSummaries = (results: UseQueryResult<ImageSummary[]>[]): Map<number, ImageSummary> => {
  const summaries = new Map<number, ImageSummary>();
  for (const { data } of results) for (const image of data ?? []) summaries.set(image.id, image);
  return summaries;
};
