// Excel workbooks (.xlsx) as a source: one sheet, its cells as a person sees them, streamed.
import { basename } from 'node:path';
import type { Account } from '../../model/account.ts';
import { didYouMean } from '../../model/nearest.ts';
import type { OpenSource, Source } from '../../model/source.ts';
import type { ExcelSettings } from '../../model/source-settings.ts';
import { checkUnchanged, type FileState, fileState } from '../source-file.ts';
import { type Archive, damaged, openArchive } from './archive.ts';
import { columnLetters, excelError, UnreadableCell } from './errors.ts';
import { findHeader, type Header, ROWS_TO_LOOK_AT, type TextRow } from './header.ts';
import { SheetFacts, type SheetRow, sheetRows } from './sheet.ts';
import { type Table, tableOf } from './table.ts';
import { CellValues } from './values.ts';
import { readWorkbook, type Sheet, type Workbook } from './workbook.ts';
import { XmlFault } from './xml.ts';

/** So many rows, columns and areas are named in a note; the rest are counted. */
const NAMED = 5;

/**
 * Reads accounts from a sheet of an Excel workbook.
 *
 * Shape:  the header is found below titles; a row below it is an account; rows and cells without text are skipped at the
 *         end and between. Hidden rows and columns are read, and noted. Memory does not grow with the rows, but with the
 *         different texts: each takes its bytes and sixteen more.
 * Errors: {@link SourceError} whose `code` is one of {@link ExcelDefect}, with sheet and cell.
 */
export const excelSource = (settings: ExcelSettings): Source => ({
  kind: 'excel',
  open: async (signal) => {
    const file = settings.path;
    const state = await fileState(file, excelError);
    const opened = await withArchive(file, signal, async (archive) => {
      const workbook = await readWorkbook(file, archive);
      const sheet = await chooseSheet(settings, archive, workbook);
      const table = await tableOf(archive, sheet.part);
      const asked = settings.headerRow ?? table?.headerRow ?? null;
      const header = findHeader(file, sheet.name, await firstRows(file, archive, workbook, sheet, asked), asked);
      return { file, workbook, sheet, table, header };
    });
    const { workbook, sheet, header } = opened;
    let notes: readonly string[] = sheetNotes(workbook, sheet);
    return {
      columns: header.columns.map(({ name }) => name),
      description: `excel ${basename(file)} (sheet ${sheet.name}, header in row ${header.row})`,
      rows: async function* () {
        const facts = new Seen();
        yield* accounts(opened, state, facts, signal);
        notes = [...sheetNotes(workbook, sheet), ...facts.notes(sheet, header)];
      },
      notes: () => notes,
    } satisfies OpenSource;
  },
});

interface Opened {
  readonly file: string;
  readonly workbook: Workbook;
  readonly sheet: Sheet;
  readonly table: Table | undefined;
  readonly header: Header;
}

const withArchive = async <Result>(
  file: string,
  signal: AbortSignal,
  use: (archive: Archive) => Promise<Result>,
): Promise<Result> => {
  const archive = await openArchive(file, signal);
  try {
    return await use(archive);
  } catch (error) {
    throw error instanceof XmlFault ? damaged(file, error) : error;
  } finally {
    archive.close();
  }
};

const chooseSheet = async (settings: ExcelSettings, archive: Archive, workbook: Workbook): Promise<Sheet> => {
  const { path: file, sheet: asked } = settings;
  const { sheets } = workbook;
  const visible = sheets.filter(({ hidden }) => !hidden);
  if (asked !== null) {
    const found =
      sheets.find(({ name }) => name === asked) ??
      sheets.find(({ name }) => name.toLowerCase() === asked.toLowerCase());
    if (found) return found;
    const names = sheets.map(({ name }) => name);
    const hint = didYouMean(asked, names) || `; it has ${sheetList(sheets)}`;
    throw excelError('noSheet', file, `the workbook has no sheet "${asked}"${hint}`);
  }
  const filled: Sheet[] = [];
  for (const sheet of visible) if (await hasText(file, archive, workbook, sheet)) filled.push(sheet);
  if (filled.length === 1) return filled[0]!;
  throw filled.length === 0
    ? excelError('emptyWorkbook', file, `no visible sheet holds anything; the workbook has ${sheetList(sheets)}`)
    : excelError('severalSheets', file, `several sheets hold something; the workbook has ${sheetList(sheets)}`);
};

const sheetList = (sheets: readonly Sheet[]): string =>
  sheets.map(({ name, hidden }) => `"${name}"${hidden ? ' (hidden)' : ''}`).join(', ') || 'no sheets';

const hasText = async (file: string, archive: Archive, workbook: Workbook, sheet: Sheet): Promise<boolean> => {
  for await (const row of textRows(file, archive, workbook, sheet)) if (row.texts.size > 0) return true;
  return false;
};

const firstRows = async (
  file: string,
  archive: Archive,
  workbook: Workbook,
  sheet: Sheet,
  asked: number | null,
): Promise<readonly TextRow[]> => {
  const rows: TextRow[] = [];
  for await (const row of textRows(file, archive, workbook, sheet)) {
    if (row.texts.size === 0) continue;
    rows.push(row);
    // What is far down is looked at only when it is asked for, and then nothing else is kept.
    if (rows.length > ROWS_TO_LOOK_AT) rows.shift();
    if (rows.length === ROWS_TO_LOOK_AT && row.number >= (asked ?? 0)) break;
  }
  return rows;
};

/** Rows with what is to be seen in them. An error in a cell is one of a later row's; it is told when its row is read. */
async function* textRows(file: string, archive: Archive, workbook: Workbook, sheet: Sheet): AsyncGenerator<TextRow> {
  const values = new CellValues(workbook);
  for await (const rows of readSheet(file, archive, sheet, new SheetFacts())) {
    for (const { number, cells } of rows) {
      const texts = new Map<number, string>();
      let onlyTexts = true;
      for (const cell of cells) {
        const text = seenText(values, cell, number);
        if (text.trim() === '') continue;
        texts.set(cell.column, text);
        if (!['s', 'str', 'inlineStr'].includes(cell.type)) onlyTexts = false;
      }
      yield { number, texts, onlyTexts };
    }
  }
}

const seenText = (values: CellValues, cell: SheetRow['cells'][number], row: number): string => {
  try {
    return values.text(cell, row);
  } catch (error) {
    if (error instanceof UnreadableCell) return '?';
    throw error;
  }
};

async function* readSheet(
  file: string,
  archive: Archive,
  { name, part }: Sheet,
  facts: SheetFacts,
): AsyncGenerator<readonly SheetRow[]> {
  try {
    yield* sheetRows(archive.bytes(part), facts);
  } catch (error) {
    throw error instanceof UnreadableCell ? cellError(file, name, error) : error;
  }
}

const cellError = (file: string, sheet: string, { code, at, message }: UnreadableCell) =>
  excelError(code, file, `sheet "${sheet}", ${/^[A-Z]+\d+$/.test(at) ? 'cell ' : ''}${at}: ${message}`);

async function* accounts(opened: Opened, state: FileState, seen: Seen, signal: AbortSignal): AsyncGenerator<Account> {
  const { file, workbook, sheet, table, header } = opened;
  const archive = await openArchive(file, signal);
  const values = new CellValues(workbook);
  const place = new Map(header.columns.map(({ column }, index) => [column, index]));
  const cellsOf = ({ number, cells: written }: SheetRow): string[] => {
    const cells = header.columns.map(() => '');
    for (const cell of written) {
      const text = values.text(cell, number);
      const index = place.get(cell.column);
      if (index !== undefined) cells[index] = text;
      else if (text.trim() !== '') {
        const message = `column ${columnLetters(cell.column)} has no name in row ${header.row}`;
        throw new UnreadableCell('missingHeader', `${columnLetters(cell.column)}${number}`, message);
      }
    }
    return cells;
  };
  let n = 0;
  try {
    for await (const rows of readSheet(file, archive, sheet, seen.facts)) {
      for (const row of rows) {
        if (row.number <= header.row) continue;
        if (row.number === table?.totalsRow) {
          seen.totalsRow = row.number;
          continue;
        }
        const cells = cellsOf(row);
        if (cells.every((cell) => cell.trim() === '')) continue;
        if (row.hidden) seen.hide(row.number);
        n += 1;
        yield { n, line: row.number, cells };
      }
    }
  } catch (error) {
    if (error instanceof UnreadableCell) throw cellError(file, sheet.name, error);
    throw error instanceof XmlFault ? damaged(file, error) : error;
  } finally {
    archive.close();
  }
  await checkUnchanged(file, state, excelError);
  if (n === 0) {
    throw excelError(
      'emptyRoster',
      file,
      `sheet "${sheet.name}": row ${header.row} is a header, but no account follows`,
    );
  }
}

/** What was seen beside the accounts. */
class Seen {
  readonly facts = new SheetFacts();
  readonly #hidden: number[] = [];
  #hiddenRows = 0;
  totalsRow: number | undefined;

  hide(row: number): void {
    this.#hiddenRows += 1;
    if (this.#hidden.length < NAMED) this.#hidden.push(row);
  }

  notes({ name }: Sheet, header: Header): string[] {
    const notes: string[] = [];
    if (this.#hiddenRows > 0) {
      const rows = listed(this.#hidden, this.#hiddenRows);
      notes.push(`Sheet "${name}" hides ${this.#hiddenRows} of its rows (${rows}); they were read like the others.`);
    }
    const columns = header.columns.filter(({ column }) =>
      this.facts.hiddenColumns.some(({ from, to }) => column >= from && column <= to),
    );
    if (columns.length > 0) {
      const names = columns.map(({ name: column }) => `"${column}"`).join(', ');
      notes.push(`Sheet "${name}" hides columns: ${names}; they were read like the others.`);
    }
    const merged = this.facts.merged.filter((area) => lastRow(area) > header.row);
    if (merged.length > 0) {
      const areas = listed(merged.slice(0, NAMED), merged.length);
      notes.push(
        `Sheet "${name}" has merged cells (${areas}): only the first of each has a value, the others are empty.`,
      );
    }
    if (this.totalsRow !== undefined) {
      notes.push(`Row ${this.totalsRow} of sheet "${name}" holds the table's totals; it was left out.`);
    }
    return notes;
  }
}

const listed = (named: readonly (string | number)[], count: number): string =>
  named.join(', ') + (count > named.length ? ` and ${count - named.length} more` : '');

/** Of `A5:B7` it is 7. */
const lastRow = (area: string): number => Number(/(\d+)$/.exec(area)?.[1] ?? 0);

const sheetNotes = ({ sheets }: Workbook, read: Sheet): string[] => {
  const hidden = sheets.filter((sheet) => sheet.hidden && sheet !== read).map(({ name }) => `"${name}"`);
  return [
    ...(read.hidden ? [`Sheet "${read.name}" is hidden.`] : []),
    ...(hidden.length > 0 ? [`The workbook hides sheets that were not read: ${hidden.join(', ')}.`] : []),
  ];
};
