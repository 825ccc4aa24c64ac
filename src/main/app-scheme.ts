/**
 * Owns `app://crux/`: serves the files of the built renderer, chosen from a list made at start, so that no
 * path that a page writes ever reaches the file system.
 */
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { contentSecurityPolicy } from './security.ts';

const types = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.svg', 'image/svg+xml'],
  ['.png', 'image/png'],
  ['.woff2', 'font/woff2'],
  ['.wasm', 'application/wasm'],
  ['.json', 'application/json'],
]);

/** `folder`: the built renderer. Returns the scheme's handler. */
export function serveRenderer(folder: string): (request: Request) => Promise<Response> {
  const files = new Map<string, string>(); // URL path -> file
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    files.set(
      `/${file
        .slice(folder.length + 1)
        .split(sep)
        .join('/')}`,
      file,
    );
  }
  return async (request) => {
    const { host, pathname } = new URL(request.url);
    const file = host === 'crux' ? files.get(pathname === '/' ? '/index.html' : pathname) : undefined;
    if (file === undefined || request.method !== 'GET') return new Response(null, { status: 404 });
    return new Response(await readFile(file), {
      headers: {
        'content-type': types.get(extname(file)) ?? 'application/octet-stream',
        'content-security-policy': contentSecurityPolicy,
        'x-content-type-options': 'nosniff',
        'cross-origin-opener-policy': 'same-origin',
      },
    });
  };
}
