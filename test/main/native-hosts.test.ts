/** The native libraries name no host that docs/offline.md does not account for. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { findNativeHosts, hostsIn, nativeHosts, offlinePage } from '../../scripts/docs/native-hosts.ts';

const root = join(import.meta.dirname, '../..');

it('finds hosts in either encoding of text, and in certificates', () => {
  const wide = Buffer.from('\u0001https://Wide.example.net/x', 'utf16le');
  const bytes = Buffer.concat([
    Buffer.from('\0a http://user@plain.example.org/ http://crl.example.com0\x06'),
    wide,
  ]);
  expect([...hostsIn(bytes)].sort()).toEqual(['crl.example.com', 'plain.example.org', 'wide.example.net']);
});

it('has an entry for each host in the installed libraries', () => {
  const found = findNativeHosts(join(root, 'node_modules'));
  for (const [name, hosts] of Object.entries(found)) {
    const known = Object.keys(nativeHosts[name]);
    expect(
      hosts.filter((host) => !known.includes(host)),
      `new hosts in ${name}: find out what they are for, and list them in scripts/docs/native-hosts.ts`,
    ).toEqual([]);
    // Of sharp, only this platform's libraries are installed: the list is of Linux.
    if (process.platform === 'linux' && process.arch === 'x64') expect(hosts).toEqual(known.sort());
  }
  expect(found['onnxruntime-node']).toContain('mobile.events.data.microsoft.com');
});

it('is what docs/offline.md says', () => {
  const text = readFileSync(join(root, 'docs/offline.md'), 'utf8');
  expect(offlinePage(text)).toBe(text);
});
