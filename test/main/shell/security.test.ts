import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { contentSecurityPolicy, isOurPage, mayLoad } from '../../../src/main/security.ts';

it('lets only the program itself load', () => {
  for (const url of [
    'app://crux/index.html',
    'crux://thumb/1',
    'data:image/png;base64,',
    'blob:app://crux/1',
  ])
    expect(mayLoad(url), url).toBe(true);
  for (const url of [
    'http://localhost/',
    'https://example.com/',
    'ws://127.0.0.1/',
    'wss://example.com/',
    'ftp://example.com/',
    'file:///etc/passwd',
    'chrome://settings',
    'not a url',
  ])
    expect(mayLoad(url), url).toBe(false);
});

it('trusts only its own origin', () => {
  expect(isOurPage('app://crux/index.html')).toBe(true);
  for (const url of [
    'app://other/',
    'http://crux/',
    'data:text/html,',
    'about:blank',
    'app://crux.evil/',
    '',
  ])
    expect(isOurPage(url), url).toBe(false);
});

it('allows no inline or evaluated script, by header and by meta tag', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../src/renderer/index.html'), 'utf8');
  const meta = /http-equiv="Content-Security-Policy"\s+content="([^"]+)"/.exec(page)?.[1] ?? '';
  for (const policy of [contentSecurityPolicy, meta]) {
    const directives = new Map(
      policy.split(';').map((part): [string, string] => {
        const [name, ...values] = part.trim().split(/\s+/);
        return [name, values.join(' ')];
      }),
    );
    expect(directives.get('default-src')).toBe("'none'");
    expect(directives.get('script-src')).toBe("'self'");
    expect(directives.get('object-src')).toBe("'none'");
    expect(directives.get('base-uri')).toBe("'none'");
    expect(directives.get('form-action')).toBe("'none'");
    expect(policy).not.toMatch(/https?:|wss?:|\*|unsafe-eval/);
  }
  expect(contentSecurityPolicy).toContain("connect-src 'none'");
});
