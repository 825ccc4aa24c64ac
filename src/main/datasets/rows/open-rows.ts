/** Owns opening a table of images by its name's ending: delimited text, JSON or Parquet. */
import { manifestEndings } from '../../../shared/paths.ts';
import { extensionOf } from '../../files/fs-names.ts';
import { encodingOf, type TextEncoding } from '../../files/text-encoding.ts';
import { openUserFile } from '../../files/user-file.ts';
import { asUnreadable } from '../../images/errors.ts';
import { type CsvKnowledge, openCsv } from './csv-rows.ts';
import { type JsonKnowledge, openJson } from './json-rows.ts';
import { openParquet } from './parquet-rows.ts';
import { ManifestError, type RowFile } from './row.ts';

/** @throws ManifestError */
export async function openRows(file: string, knowledge: CsvKnowledge & JsonKnowledge): Promise<RowFile> {
  const ending = extensionOf(file).slice(1);
  if (!manifestEndings.includes(ending))
    throw new ManifestError(
      file,
      `got a ${ending ? `.${ending}` : 'nameless'} file, expected ${manifestEndings.map((e) => `.${e}`).join(', ')}`,
    );
  if ((await sizeOf(file, ending)) === 0)
    throw new ManifestError(file, 'empty file, expected a CSV with a header line or JSON lines');
  if (ending === 'parquet') return await openParquet(file);
  const encoding = await encodingOf(file);
  const remarks = REMARKS[encoding];
  const classNames = new Map<string, string[]>();
  if (ending.includes('json'))
    return { columns: null, rows: await openJson(file, encoding, knowledge), remarks, classNames };
  const opened = await openCsv(file, encoding, knowledge);
  return { ...opened, remarks: [...remarks, ...opened.remarks], classNames };
}

const REMARKS: Record<TextEncoding, string[]> = {
  'utf-8': [],
  'utf-16le': ['read as UTF-16'],
  'utf-16be': ['read as UTF-16'],
  'windows-1252': ['not UTF-8, read as Windows-1252'],
};

async function sizeOf(file: string, ending: string): Promise<number> {
  try {
    const { handle, size } = await openUserFile(file, { wanted: ending === 'parquet' ? 'parquet' : 'text' });
    await handle.close();
    return size;
  } catch (error) {
    throw new ManifestError(file, asUnreadable(error).reason, { cause: error });
  }
}
