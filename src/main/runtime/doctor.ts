/** Owns the report on what this machine can compute with: every provider, tried, with the reason where not. */
import type { ProviderReport } from '../../shared/domain/settings.ts';
import { probeProvider } from './providers.ts';

/** In the order of preference; one after another, so that they do not disturb each other's timing. */
export async function runDoctor(): Promise<ProviderReport[]> {
  const reports: ProviderReport[] = [];
  for (const provider of ['cuda', 'dml', 'webgpu', 'cpu'] as const)
    reports.push(await probeProvider(provider));
  return reports;
}
