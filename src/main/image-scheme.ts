/**
 * Owns `crux://thumb/<id>` and `crux://image/<id>`: a catalogued image, named by its number and nothing else; and
 * `crux://job/<id>/<name>`: a picture that a job made. The path comes from the catalog, and its bytes go out only if
 * they are still those of a picture.
 */
import { dirname } from 'node:path';
import { imageScheme, jobPictureName } from '../shared/contract.ts';
import { onlyOurs, ownFault } from './catalog/index.ts';
import { openUserFile, readSpanOf } from './files/user-file.ts';
import { type ImageFormat, SNIFF_BYTES, sniffFormat } from './images/sniff.ts';

/** Where the files of one image lie; null: no such image, or no such file yet. */
export interface ImageFiles {
  thumbnail(imageId: number): string | null;
  original(imageId: number): string | null;
  /** `name` has the form of `jobPictureName`; null: no such job, or one whose pictures are not shown. */
  ofJob(jobId: number, name: string): string | null;
}

/** What Chromium shows itself. TIFF it does not: the thumbnail stands in. */
const shownByChromium: Partial<Record<ImageFormat, string>> = {
  jpeg: 'image/jpeg',
  png: 'image/png',
  webp: 'image/webp',
  gif: 'image/gif',
  bmp: 'image/bmp',
  avif: 'image/avif',
};

const MAX_BYTES = 512 * 1024 * 1024;
const pattern = new RegExp(`^${imageScheme}://(thumb|image)/([1-9][0-9]{0,14})$`);
const jobPattern = new RegExp(`^${imageScheme}://job/([1-9][0-9]{0,14})/([^/]{1,200})$`);

const missing = () => new Response(null, { status: 404 });

export function serveImages(files: ImageFiles): (request: Request) => Promise<Response> {
  return async (request) => {
    if (request.method !== 'GET') return missing();
    for (const file of candidates(files, request.url)) {
      const response = file === null ? null : await picture(file);
      if (response !== null) return response;
    }
    return missing();
  };
}

/** The files that may answer, the better one first. */
function candidates(files: ImageFiles, url: string): (string | null)[] {
  const job = jobPattern.exec(url);
  if (job !== null) return jobPictureName.test(job[2]) ? [files.ofJob(Number(job[1]), job[2])] : [];
  const match = pattern.exec(url);
  if (match === null) return [];
  const id = Number(match[2]);
  // Generated images are small and have no thumbnail; originals that Chromium cannot show have one.
  const both = [files.thumbnail(id), files.original(id)];
  return match[1] === 'image' ? both.reverse() : both;
}

async function picture(file: string): Promise<Response | null> {
  try {
    const { handle, size } = await openUserFile(file, { maxBytes: MAX_BYTES });
    try {
      const head = new Uint8Array(SNIFF_BYTES);
      const { bytesRead } = await handle.read(head, 0, SNIFF_BYTES, 0);
      const { format } = sniffFormat(head.subarray(0, bytesRead));
      const type = format === null ? undefined : shownByChromium[format];
      if (type === undefined) return null;
      const body = await readSpanOf(handle, file, 0, size);
      return new Response(body, {
        headers: { 'content-type': type, 'x-content-type-options': 'nosniff', 'cache-control': 'no-cache' },
      });
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (onlyOurs(error)) console.error(`${file} is not shown:`, ownFault(error, [dirname(file)]) ?? error);
    return null; // removed or unreadable since it was catalogued: the screen shows it as missing
  }
}
