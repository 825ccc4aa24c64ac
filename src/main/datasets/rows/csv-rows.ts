/**
 * Owns rows of delimited text: commas, semicolons or tabs, with a header line; a line "sep=;" before it, as Excel writes
 * it; columns without a name (a trailing comma, an index of pandas) are not read. Without a header, two columns whose
 * first names a file are path and label; so is "img/1.png 3", as lists of training scripts have it.
 */
import { Readable } from 'node:stream';
import { type CsvError, parse } from 'csv-parse';
import { readLines } from '../../files/lines.ts';
import { type TextEncoding, utf8PiecesOf } from '../../files/text-encoding.ts';
import { ManifestError, type Row } from './row.ts';

const MAX_RECORD_BYTES = 16 * 1024 * 1024;

interface CsvFile {
  columns: string[];
  rows: AsyncIterable<Row>;
  remarks: string[];
}

/** A header line is known by `isHeader`; a path by `isFile`. */
export interface CsvKnowledge {
  isHeader(columns: readonly string[]): boolean;
  isFile(path: string): Promise<boolean>;
}

export async function openCsv(
  file: string,
  encoding: TextEncoding,
  { isHeader, isFile }: CsvKnowledge,
): Promise<CsvFile> {
  const [first = '', second = ''] = await firstLines(file, encoding);
  const told = /^"?sep=(.)"?[,;\t]*\s*$/i.exec(first)?.[1];
  const line = told === undefined ? first : second;
  const delimiter = told ?? delimiterOf(line);
  const records = recordsOf(
    file,
    encoding,
    delimiter,
    told === undefined ? 1 : 2,
    /"\s+[,;\t]|\S [,;] ?/.test(line),
  );
  const header = await records.next();
  if (header.done) throw new ManifestError(file, 'has no rows; expected a header line such as path,label');
  if ('error' in header.value) throw new ManifestError(file, `the header line: ${header.value.error}`);
  const cells = header.value.cells.map((cell) => cell.trim());
  if (isHeader(cells)) {
    const repeated = cells.find((name, i) => name !== '' && cells.indexOf(name) !== i);
    if (repeated !== undefined) throw new ManifestError(file, `the column "${repeated}" appears twice`);
    return { columns: cells.filter((name) => name !== ''), rows: rowsOf(cells, records), remarks: [] };
  }
  if (cells.length <= 2 && (await isFile(cells[0]))) {
    const columns = ['path', 'label'].slice(0, cells.length);
    const all = (async function* () {
      yield header.value as Record_;
      yield* records;
    })();
    return {
      columns,
      rows: rowsOf(columns, all),
      remarks: ['no header line; its columns were read as path and label'],
    };
  }
  await records.return(undefined);
  const spaced = splitAtSpace(line);
  if (cells.length === 1 && spaced && (await isFile(spaced[0])))
    return {
      columns: ['path', 'label'],
      rows: spacedRows(file, encoding),
      remarks: ['no header line; each line was read as a path, a space and a label'],
    };
  return { columns: cells, rows: rowsOf(cells, records), remarks: [] }; // which lack a path: the caller says so
}

async function firstLines(file: string, encoding: TextEncoding): Promise<string[]> {
  const lines: string[] = [];
  for await (const { text } of readLines(file, utf8PiecesOf(file, encoding))) {
    lines.push(...text.split('\r'));
    if (lines.length > 1) break;
  }
  return lines;
}

type Record_ = { line: number; cells: string[] } | { line: number; error: string };

async function* recordsOf(
  file: string,
  encoding: TextEncoding,
  delimiter: string,
  fromLine: number,
  trim: boolean,
): AsyncGenerator<Record_, undefined> {
  const bad: Record_[] = [];
  const source = Readable.from(utf8PiecesOf(file, encoding), { objectMode: false });
  const parser = source.pipe(
    parse({
      bom: true,
      delimiter,
      from_line: fromLine,
      columns: false,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      skip_records_with_error: true,
      // Blanks around a quoted cell are an error without it; names of files may begin with one.
      trim: trim && delimiter !== '\t',
      max_record_size: MAX_RECORD_BYTES,
      on_skip: (error: CsvError | undefined) => {
        bad.push({ line: Number(error?.lines ?? 0), error: csvReason(error) });
        return undefined;
      },
    }),
  );
  source.on('error', (error) => parser.destroy(error));
  try {
    for await (const { record, info } of parser as AsyncIterable<{
      record: string[];
      info: { lines: number };
    }>) {
      // The parser is ahead of us: bad rows wait for their turn.
      while (bad.length > 0 && bad[0].line < info.lines) yield bad.shift() as Record_;
      yield { line: info.lines, cells: record };
    }
    while (bad.length > 0) yield bad.shift() as Record_;
    return undefined;
  } catch (error) {
    if ((error as CsvError).code?.startsWith('CSV_')) throw new ManifestError(file, (error as Error).message);
    throw error;
  } finally {
    source.destroy();
  }
}

/** Cells without a column are an error where they hold something; so are columns without a cell. */
async function* rowsOf(columns: readonly string[], records: AsyncIterable<Record_>): AsyncGenerator<Row> {
  const needed = columns.findLastIndex((name) => name !== '') + 1;
  for await (const record of records) {
    if ('error' in record) yield record;
    else if (
      record.cells.length < needed ||
      record.cells.slice(columns.length).some((cell) => cell.trim() !== '')
    )
      yield { line: record.line, error: 'a row with more or fewer fields than the header' };
    else {
      const values = new Map<string, string>();
      for (const [i, name] of columns.entries()) if (name !== '') values.set(name, record.cells[i]);
      yield { line: record.line, values, trim: true };
    }
  }
}

async function* spacedRows(file: string, encoding: TextEncoding): AsyncGenerator<Row> {
  for await (const { number, text } of readLines(file, utf8PiecesOf(file, encoding))) {
    const parts = splitAtSpace(text);
    if (parts)
      yield {
        line: number,
        values: new Map([
          ['path', parts[0]],
          ['label', parts[1]],
        ]),
        trim: true,
      };
    else yield { line: number, error: 'expected a path, a space and a label' };
  }
}

/** At the last blank: names of files may hold some. */
function splitAtSpace(line: string): [string, string] | null {
  const parts = /^(.*\S)\s+(\S+)\s*$/.exec(line);
  return parts && [parts[1], parts[2]];
}

/** The one of comma, semicolon and tab that splits the header line most often. */
function delimiterOf(headerLine: string): string {
  const unquoted = headerLine.replace(/"[^"]*"/g, '');
  const count = (d: string): number => unquoted.split(d).length;
  return [',', ';', '\t'].reduce((best, d) => (count(d) > count(best) ? d : best));
}

function csvReason(error: CsvError | undefined): string {
  if (error?.code === 'CSV_QUOTE_NOT_CLOSED') return 'a quote that is not closed';
  return error?.message ?? 'cannot be read';
}
