// Text files of records as a source: fixed columns or a delimiter, in the code pages of mainframes and old systems.
import { basename } from 'node:path';
import type { Account } from '../../model/account.ts';
import type { OpenSource, Source } from '../../model/source.ts';
import type { TextColumn, TextField, TextMark, TextPlaces, TextSettings } from '../../model/source-settings.ts';
import { checkUnchanged, type FileState, fileState, readHead } from '../source-file.ts';
import { lookAtText } from '../text-file.ts';
import { codePageName, lettersOf } from './code-pages.ts';
import { textError } from './errors.ts';
import { numberIn, UnreadableNumber } from './pictures.ts';
import { proposeTextColumns } from './propose.ts';
import { type RecordForm, recordForm, type TextRecord, textRecords } from './records.ts';

/**
 * Reads accounts from a text file, a record each.
 *
 * Shape:  blanks and padding around a value are left out; blank lines are skipped. Memory does not grow with the file.
 * Errors: {@link SourceError} whose `code` is one of {@link TextDefect}, with line (or number of the record) and column.
 */
export const textSource = (settings: TextSettings): Source => ({
  kind: 'text',
  open: async (signal) => {
    signal.throwIfAborted();
    const { path: file, columns } = settings;
    const { state, form } = await look(settings);
    if (columns === null) throw textError('noColumns', file, 'no columns are named');
    return {
      columns: columns.map(({ name }) => name),
      description: `text ${basename(file)} (${form.encoding}, ${formText(settings, form)})`,
      rows: () => accounts(settings, columns, form, state, signal),
    } satisfies OpenSource;
  },
  proposeColumns: async (signal) => {
    const { form } = await look(settings);
    return proposeTextColumns(settings, textRecords(settings.path, form, signal));
  },
});

const formText = ({ delimiter }: TextSettings, { length, lines }: RecordForm): string => {
  const fields = delimiter === null ? 'fixed columns' : `fields separated by ${JSON.stringify(delimiter)}`;
  return `${fields}, ${length === null ? 'lines' : `${lines ? 'lines' : 'records'} of ${length}`}`;
};

const look = async (settings: TextSettings): Promise<{ readonly state: FileState; readonly form: RecordForm }> => {
  const { path: file } = settings;
  const page = codePageName(settings.encoding);
  if (page === undefined) {
    const { state, encoding, head } = await lookAtText(file, settings.encoding, 'a text file', textError);
    return { state, form: recordForm(head, encoding, settings) };
  }
  const state = await fileState(file, textError);
  const head = await readHead(file, (settings.recordLength ?? 0) + 1, textError);
  if (head.length === 0) throw textError('emptyFile', file, 'the file is empty');
  const letters = lettersOf(page);
  return { state, form: recordForm([...head].map((byte) => letters[byte]).join(''), page, settings) };
};

async function* accounts(
  settings: TextSettings,
  columns: readonly TextColumn[],
  form: RecordForm,
  state: FileState,
  signal: AbortSignal,
): AsyncGenerator<Account> {
  const { path: file, trailer } = settings;
  let n = 0;
  let last: TextRecord | undefined;
  for await (const record of bodyRecords(settings, form, signal)) {
    if (last) {
      n += 1;
      yield { n, line: last.line, cells: cellsOf(settings, columns, last) };
    }
    last = record;
  }
  await checkUnchanged(file, state, textError);
  if (trailer === null) {
    if (last) {
      n += 1;
      yield { n, line: last.line, cells: cellsOf(settings, columns, last) };
    }
  } else {
    checkTrailer(settings, trailer, last, n);
  }
  if (n === 0) throw textError('emptyRoster', file, 'the file holds no account');
}

/** All records but the header, comments and blank lines. */
async function* bodyRecords(settings: TextSettings, form: RecordForm, signal: AbortSignal): AsyncGenerator<TextRecord> {
  const { path: file, header, comment } = settings;
  let toSkip = typeof header === 'number' ? header : 0;
  let expected = typeof header === 'number' ? undefined : (header ?? undefined);
  for await (const records of textRecords(file, form, signal)) {
    for (const record of records) {
      if (isBlank(record.text) || (comment !== null && record.text.startsWith(comment))) continue;
      if (toSkip > 0) {
        toSkip -= 1;
      } else if (expected) {
        checkMark(settings, expected, record, 'wrongHeader', 'the first record');
        expected = undefined;
      } else {
        yield record;
      }
    }
  }
}

/** Blanks, and what programs fill up with where there is nothing: bytes of zero and of ones. */
const PADDING = '[\\s\\0\\x9f]';
const BLANK = new RegExp(`^${PADDING}*$`);
const AROUND = new RegExp(`^${PADDING}+|${PADDING}+$`, 'g');

const isBlank = (text: string): boolean => BLANK.test(text);

const checkMark = (
  settings: TextSettings,
  { at, is }: TextMark,
  record: TextRecord,
  code: 'wrongHeader' | 'wrongTrailer',
  which: string,
): void => {
  const [found] = valuesOf(settings, [{ at, picture: null }], record);
  if (found === is) return;
  const message = `${which} has ${JSON.stringify(found)} where ${JSON.stringify(is)} should stand`;
  throw textError(code, settings.path, message, { line: record.line, column: columnOf(settings, at, record) });
};

const checkTrailer = (
  settings: TextSettings,
  { mark, count }: NonNullable<TextSettings['trailer']>,
  last: TextRecord | undefined,
  n: number,
): void => {
  const { path: file } = settings;
  if (!last) throw textError('wrongTrailer', file, 'there is no last record');
  if (mark) checkMark(settings, mark, last, 'wrongTrailer', 'the last record');
  if (count === null) return;
  const [written] = valuesOf(settings, [count], last);
  const place = { line: last.line, column: columnOf(settings, count.at, last) };
  if (!/^\d+$/.test(written!)) {
    throw textError(
      'wrongTrailer',
      file,
      `the last record has no number of accounts, but ${JSON.stringify(written)}`,
      place,
    );
  }
  if (Number(written) !== n) {
    throw textError('wrongCount', file, `the last record counts ${Number(written)} accounts; the file has ${n}`, place);
  }
};

const cellsOf = (settings: TextSettings, columns: readonly TextColumn[], record: TextRecord): readonly string[] => {
  const { path: file, fields } = settings;
  if (settings.delimiter !== null && fields !== null) {
    const found = record.text.split(settings.delimiter).length;
    if (found !== fields) {
      throw textError('wrongFields', file, `the record has ${found} fields, not ${fields}`, {
        line: record.line,
        column: record.text.length + 1,
      });
    }
  }
  return valuesOf(settings, columns, record);
};

const CONTROL = /[\0-\x08\x0a-\x1f\x7f-\x9f]/;

/** The values of fields, texts without the padding around them. */
const valuesOf = (settings: TextSettings, wanted: readonly TextField[], record: TextRecord): readonly string[] => {
  const fields = settings.delimiter === null ? undefined : record.text.split(settings.delimiter);
  return wanted.map(({ at, picture }) => {
    const written = fields ? fields[at.from - 1] : record.text.slice(at.from - 1, at.to ?? undefined);
    if (written === undefined) {
      throw textError(
        'wrongFields',
        settings.path,
        `the record has ${fields!.length} fields, and no field ${at.from}`,
        {
          line: record.line,
          column: record.text.length + 1,
        },
      );
    }
    if (picture) return numberOf(settings, { at, picture }, written, record);
    const value = written.replace(AROUND, '');
    const control = CONTROL.exec(value);
    if (!control) return value;
    const code = control[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
    throw textError('controlByte', settings.path, `a control character stands here (U+${code})`, {
      line: record.line,
      column: columnOf(settings, at, record) + written.indexOf(value) + control.index,
    });
  });
};

const numberOf = (settings: TextSettings, { at, picture }: TextField, written: string, record: TextRecord): string => {
  try {
    return numberIn(picture!, written, codePageName(settings.encoding) ?? settings.encoding);
  } catch (error) {
    if (!(error instanceof UnreadableNumber)) throw error;
    const column = columnOf(settings, at, record) + error.at;
    throw textError('notANumber', settings.path, error.message, { line: record.line, column });
  }
};

/** Where in the record a place begins, in characters from 1. */
const columnOf = ({ delimiter }: TextSettings, { from }: TextPlaces, { text }: TextRecord): number => {
  if (delimiter === null) return from;
  const before = text.split(delimiter).slice(0, from - 1);
  return before.reduce((sum, field) => sum + field.length + delimiter.length, 1);
};
