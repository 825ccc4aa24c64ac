/** Owns the catalog's settings: one JSON value per key, defaults where none is stored. */
import { type Settings, settings as schema } from '../../shared/domain/settings.ts';
import type { Catalog } from './open.ts';

export const defaultSettings: Settings = {
  theme: 'system',
  device: 'auto',
  modelsFolder: null,
  threads: 0,
  lowMemory: false,
  halfPrecision: false,
};

/** A stored value that no longer fits its schema counts as not stored. */
export function readSettings(catalog: Catalog): Settings {
  const result: Record<string, unknown> = { ...defaultSettings };
  for (const { key, value } of catalog.all<{ key: string; value: string }>(
    'SELECT key, value FROM settings',
  )) {
    const field = schema.shape[key as keyof Settings];
    const parsed = field?.safeParse(JSON.parse(value));
    if (parsed?.success) result[key] = parsed.data;
  }
  return schema.parse(result);
}

export function writeSettings(catalog: Catalog, change: Partial<Settings>): Settings {
  const known = schema.partial().parse(change);
  catalog.write(() => {
    for (const [key, value] of Object.entries(known)) {
      if (value === undefined) continue;
      catalog.run(
        'INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
        key,
        JSON.stringify(value),
      );
    }
  });
  return readSettings(catalog);
}
