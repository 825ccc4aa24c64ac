/**
 * Owns the host names that lie in the native libraries: finds them in what is installed, and says of each what it is. A
 * library that gains one fails a test (test/main/native-hosts.test.ts), so that someone looks before it is listed here.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const collector =
  'where ONNX Runtime sends its reports on Linux and macOS: never asked for, because the library starts no sender with `ORT_DISABLE_TELEMETRY=1`';
const reference = 'a reference in the description of an operator, a message or a comment';
const namespace = 'the name of a format in image metadata or XML: compared, not opened';
const signature =
  "in the certificates of the file's own signature; Windows may read it, no code of the library does";

/** By package: each host, and what it is. */
export const nativeHosts: Record<string, Record<string, string>> = {
  'onnxruntime-node': {
    'mobile.events.data.microsoft.com': collector,
    'curl.se': 'written into the files of the HTTP client that sends those reports; it is not started either',
    'crl.microsoft.com': signature,
    'www.microsoft.com': `${signature}; elsewhere ${reference}`,
    ...Object.fromEntries(
      (
        'arxiv.org crbug.com dawn.googlesource.com devblogs.nvidia.com docs.nvidia.com docs.scipy.org docs.vulkan.org ' +
        'en.wikipedia.org github.com gpuweb.github.io huggingface.co ieeexplore.ieee.org issues.chromium.org khr.io llvm.org ' +
        'numpy.org papers.nips.cc protobuf.dev pytorch.org tinyurl.com www.opencompute.org www.tensorflow.org'
      )
        .split(' ')
        .map((host) => [host, reference]),
    ),
  },
  '@img (sharp, libvips)': {
    ...Object.fromEntries(
      (
        'iiif.io example.com ns.adobe.be.com ns.adobe.com ns.apple.com ns.google.com schemas.microsoft.com ' +
        'www.freedesktop.org www.pathozoom.com www.vips.ecs.soton.ac.uk www.w3.org'
      )
        .split(' ')
        .map((host) => [host, namespace]),
    ),
    'www.brynosaurus.com':
      'a comment in the tag that fontconfig puts into a folder of its cache; Crux draws no text with it',
  },
  'better-sqlite3': {},
};

const folders: Record<string, string> = {
  'onnxruntime-node': 'onnxruntime-node/bin',
  '@img (sharp, libvips)': '@img',
  'better-sqlite3': 'better-sqlite3/prebuilds',
};
const native = /\.(node|dll|dylib)$|\.so(\.[\d.]+)?$/;

/** The hosts of all URLs in the installed libraries, by package. Text in UTF-16, as Windows has it, counts too. */
export function findNativeHosts(modules: string): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const [name, folder] of Object.entries(folders)) {
    const hosts = new Set<string>();
    for (const entry of readdirSync(join(modules, folder), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !native.test(entry.name)) continue;
      for (const host of hostsIn(readFileSync(join(entry.parentPath, entry.name)))) hosts.add(host);
    }
    found[name] = [...hosts].sort();
  }
  return found;
}

export function hostsIn(bytes: Buffer): Set<string> {
  const hosts = new Set<string>();
  const text = bytes.toString('latin1');
  const urls = /(?:https?|wss?|ftps?):\/\/(?:[\w.~-]+@)?([a-z0-9_-]+(?:\.[a-z0-9_-]+)+)/gi;
  const wide = /h\0t\0t\0p\0(?:s\0)?:\0\/\0\/\0((?:[a-z0-9_.-]\0)+)/gi;
  for (const [, host] of text.matchAll(urls)) hosts.add(tidy(host));
  for (const [, host] of text.matchAll(wide)) hosts.add(tidy(host.replaceAll('\0', '')));
  return hosts;
}

/** In the encoding of certificates the length of the next field, often the digit 0, follows a host without a break. */
const tidy = (host: string): string => host.toLowerCase().replace(/(\.[a-z]+)\d$/, '$1');

const head = '| host | package | what it is |\n|---|---|---|\n';

/** docs/offline.md with the table of hosts as it is above. */
export function offlinePage(text: string): string {
  const table = /\| host \| package \| what it is \|\n\|---\|---\|---\|\n(?:\|.*\n)*/;
  if (!table.test(text)) throw new Error('docs/offline.md has no table "| host | package | what it is |"');
  const rows = Object.entries(nativeHosts).flatMap(([name, hosts]) =>
    Object.entries(hosts).map(([host, what]) => `| \`${host}\` | ${name} | ${what} |\n`),
  );
  return text.replace(table, () => head + rows.join(''));
}
