/** A picture that cannot be read leaves a gap in a report; a fault of this machine ends it. */
import { expect, it, vi } from 'vitest';
import { reportImage } from '../../src/cli/gather.ts';
import type { Session } from '../../src/cli/session.ts';
import { readUserFile } from '../../src/main/files/user-file.ts';

vi.mock('../../src/main/files/user-file.ts', async (original) => ({
  ...(await original<object>()),
  readUserFile: vi.fn(),
}));

const session = {
  pictures: () => ['/photos/cat.jpg'],
  imageDetail: () => ({ scores: [], className: null, path: 'cat.jpg' }),
} as unknown as Session;
const failing = (code: string) => {
  vi.mocked(readUserFile).mockImplementation(() => {
    throw Object.assign(new Error(`${code}: some words`), { code });
  });
  return () => reportImage(session, 1, null).src;
};

it.each(['ENOENT', 'EACCES'])('%s is that picture alone', (code) => {
  expect(failing(code)()).toMatch(/^data:image\/gif/);
});

it.each([
  ['EMFILE', /too many files are open.*close other programs/],
  ['ENOMEM', /out of memory.*try again/],
])('%s is no missing picture', (code, sentence) => {
  expect(failing(code)).toThrow(sentence);
});
