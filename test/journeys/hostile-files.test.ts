// What exports look like when they go wrong, and what they may look like when they are right.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { stringify } from 'csv-stringify/sync';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { csvSource } from '../../src/collect/csv.ts';
import type { Account } from '../../src/model/account.ts';
import { SourceError } from '../../src/model/errors.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-hostile-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Choices {
  readonly encoding?: string;
  readonly delimiter?: string;
}

interface Read {
  readonly columns: readonly string[];
  readonly accounts: readonly Account[];
  readonly description: string;
}

const readFileAt = async (path: string, choices: Choices = {}): Promise<Read> => {
  const source = csvSource({ kind: 'csv', path, encoding: 'auto', delimiter: 'auto', ...choices });
  const opened = await source.open(new AbortController().signal);
  const accounts: Account[] = [];
  for await (const account of opened.rows()) accounts.push(account);
  return { columns: opened.columns, accounts, description: opened.description };
};

let files = 0;
const read = async (content: string | Buffer, choices?: Choices): Promise<Read> => {
  files += 1;
  const path = join(folder, `users-${files}.csv`);
  await writeFile(path, content);
  return readFileAt(path, choices);
};

const utf16le = (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le');
const utf16be = (text: string) => Buffer.from(utf16le(text)).swap16();
const latin1 = (text: string) => Buffer.from(text, 'latin1');
const hex = (digits: string, rest = '') => Buffer.concat([Buffer.from(digits, 'hex'), Buffer.from(rest)]);

const HEADER = 'EMail,Name,Role\n';
const ANA = 'ana@contoso.com,Ana Ruiz,USR\n';
const BO = 'bo@contoso.com,Bo Li,ADM\n';
const MANY = Array.from({ length: 5000 }, (_, i) => `person${i}@contoso.com,Person ${i},USR\n`).join('');

interface Broken {
  readonly what: string;
  readonly content: string | Buffer;
  readonly code: string;
  readonly line?: number;
  readonly column?: number;
  readonly choices?: Choices;
}

const BROKEN: readonly Broken[] = [
  { what: 'an empty file', content: '', code: 'emptyFile' },
  { what: 'a byte order mark and nothing else', content: '\uFEFF', code: 'emptyFile' },
  { what: 'blank lines and nothing else', content: '\n  \n\t\n', code: 'emptyFile' },
  { what: 'delimiters and nothing else', content: ',,,\n,,,\n', code: 'emptyFile' },
  { what: 'a header without accounts', content: HEADER, code: 'emptyRoster', line: 1 },
  { what: 'a header and blank rows', content: `\n${HEADER},,\n\n`, code: 'emptyRoster', line: 2 },
  { what: 'a column without a name', content: `EMail,,Role\n${ANA}`, code: 'missingHeader', line: 1, column: 7 },
  { what: 'a first column without a name', content: `,Name,Role\n${ANA}`, code: 'missingHeader', line: 1, column: 1 },
  { what: 'a column name of blanks', content: `EMail,"  ",Role\n${ANA}`, code: 'missingHeader', line: 1, column: 7 },
  { what: 'a repeated column', content: `EMail,Name,EMail\n${ANA}`, code: 'repeatedHeader', line: 1, column: 12 },
  {
    what: 'columns that differ in case',
    content: `EMail,Name,email\n${ANA}`,
    code: 'repeatedHeader',
    line: 1,
    column: 12,
  },
  {
    what: 'columns that differ in blanks',
    content: `EMail,Name, EMail\n${ANA}`,
    code: 'repeatedHeader',
    line: 1,
    column: 12,
  },
  {
    what: 'two defects, of which the first is told',
    content: `${HEADER}lost\n${ANA}a@contoso.com,"A"B,USR\n`,
    code: 'tooFewCells',
    line: 2,
  },
  { what: 'too few cells', content: `${HEADER}ana@contoso.com,Ana\n${BO}`, code: 'tooFewCells', line: 2, column: 20 },
  {
    what: 'too many cells',
    content: `${HEADER}ana@contoso.com,Ruiz, Ana,USR\n`,
    code: 'tooManyCells',
    line: 2,
    column: 27,
  },
  {
    what: 'a cell beyond an unnamed last column',
    content: `EMail,Name,\na@b.example,A,ADM\n`,
    code: 'tooManyCells',
    line: 2,
    column: 15,
  },
  {
    what: 'a wrong row far down',
    content: `${HEADER}${MANY}lost\n${MANY}`,
    code: 'tooFewCells',
    line: 5002,
    column: 5,
  },
  {
    what: 'a wrong row after a line break in a cell',
    content: `${HEADER}a@contoso.com,"A\nB\r\nC",USR\nlost\n`,
    code: 'tooFewCells',
    line: 5,
    column: 5,
  },
  {
    what: 'too many cells on a row of several lines',
    content: `${HEADER}a@contoso.com,"A\nB",USR,ADM\n`,
    code: 'tooManyCells',
    line: 3,
    column: 8,
  },
  {
    what: 'a totals line below the accounts',
    content: `${HEADER}${ANA}Total: 1\n`,
    code: 'tooFewCells',
    line: 3,
    column: 9,
  },
  {
    what: 'a title above the header',
    content: `Accounts of CORPDB1\n${HEADER}${ANA}`,
    code: 'tooManyCells',
    line: 2,
    column: 7,
    choices: { delimiter: ',' },
  },
  {
    what: 'an unterminated quote',
    content: `${HEADER}ana@contoso.com,"Ana Ruiz,USR\n${BO}`,
    code: 'unterminatedQuote',
    line: 2,
    column: 17,
  },
  {
    what: 'an unterminated quote far down',
    content: `${HEADER}${MANY}a@contoso.com,"A,USR\n${ANA}`,
    code: 'unterminatedQuote',
    line: 5002,
    column: 15,
  },
  {
    what: 'an unterminated quote above many rows',
    content: `${HEADER}a@contoso.com,"A,USR\n${MANY}`,
    code: 'unterminatedQuote',
    line: 2,
    column: 15,
  },
  {
    what: 'an unterminated quote in the header',
    content: `EMail,"Name,Role\n${ANA}`,
    code: 'unterminatedQuote',
    line: 1,
    column: 7,
  },
  {
    what: 'a quote inside an unquoted cell',
    content: `${HEADER}o@contoso.com,Pat "Paddy" O,USR\n`,
    code: 'quoteInUnquotedCell',
    line: 2,
    column: 19,
  },
  {
    what: 'a blank before a quoted cell',
    content: `${HEADER}o@contoso.com, "Pat",USR\n`,
    code: 'quoteInUnquotedCell',
    line: 2,
    column: 16,
  },
  {
    what: 'text after a closing quote',
    content: `${HEADER}o@contoso.com,"Pat"rick,USR\n`,
    code: 'textAfterQuote',
    line: 2,
    column: 20,
  },
  {
    what: 'a quote that is not doubled',
    content: `${HEADER}o@contoso.com,"Pat "Paddy" O",USR\n`,
    code: 'textAfterQuote',
    line: 2,
    column: 21,
  },
  {
    what: 'a defect behind emoji',
    content: `${HEADER}o@contoso.com,😀😀"x,USR\n`,
    code: 'quoteInUnquotedCell',
    line: 2,
    column: 17,
  },
  {
    what: 'Windows-1252 that is not declared',
    content: latin1(`${HEADER}r@contoso.com,Ren\xe9 Roy,USR\n`),
    code: 'invalidEncoding',
    line: 2,
    column: 18,
  },
  {
    what: 'a wrong byte far down',
    content: Buffer.concat([Buffer.from(HEADER + MANY), latin1('r@contoso.com,Ren\xe9 Roy,USR\n')]),
    code: 'invalidEncoding',
    line: 5002,
    column: 18,
  },
  {
    what: 'an encoded half of a surrogate pair',
    content: hex('454d61696c0aeda0bd0a'),
    code: 'invalidEncoding',
    line: 2,
    column: 1,
  },
  {
    what: 'a lone surrogate in UTF-16',
    content: hex('fffe41000a003dd841000a00'),
    code: 'invalidEncoding',
    line: 2,
    column: 1,
  },
  {
    what: 'a file cut inside a character',
    content: Buffer.from(`${HEADER}${ANA}z@contoso.com,Zoë`).subarray(0, -1),
    code: 'cutOff',
    line: 3,
    column: 17,
  },
  {
    what: 'a file cut inside quotes',
    content: `${HEADER}${ANA}bo@contoso.com,"Bo L`,
    code: 'unterminatedQuote',
    line: 3,
    column: 16,
  },
  {
    what: 'a file cut inside the last row',
    content: `${HEADER}${ANA}bo@contoso.com,Bo`,
    code: 'cutOff',
    line: 3,
    column: 18,
  },
  { what: 'UTF-16 cut inside a character', content: utf16le(HEADER + ANA).subarray(0, -1), code: 'cutOff' },
  { what: 'UTF-16 without its mark', content: utf16le(HEADER + ANA).subarray(2), code: 'utf16WithoutBom' },
  { what: 'big-endian UTF-16 without its mark', content: utf16be(HEADER + ANA).subarray(2), code: 'utf16WithoutBom' },
  { what: 'UTF-32', content: hex('fffe0000', 'E\0\0\0'), code: 'utf32' },
  {
    what: 'a NUL character',
    content: `${HEADER}ana@contoso.com,Ana\0Ruiz,USR\n`,
    code: 'nulByte',
    line: 2,
    column: 20,
  },
  {
    what: 'a NUL character far down',
    content: `${HEADER}${MANY}ana@contoso.com,Ana\0Ruiz,USR\n`,
    code: 'nulByte',
    line: 5002,
    column: 20,
  },
  { what: 'an .xlsx workbook', content: hex('504b030414000600', '[Content_Types].xml'), code: 'spreadsheet' },
  {
    what: 'an .ods spreadsheet',
    content: hex('504b0304', 'mimetypeapplication/vnd.oasis.opendocument.spreadsheet'),
    code: 'spreadsheet',
  },
  { what: 'an .xls workbook', content: hex('d0cf11e0a1b11ae10000'), code: 'spreadsheet' },
  { what: 'a ZIP archive', content: hex('504b030414000000', 'users.csv'), code: 'compressed' },
  { what: 'a gzip file', content: gzipSync(HEADER + ANA), code: 'compressed' },
  { what: 'a bzip2 file', content: 'BZh91AY&SY', code: 'compressed' },
  { what: 'a PDF document', content: '%PDF-1.7\n', code: 'pdf' },
  { what: 'an HTML page', content: '<!DOCTYPE html>\n<html><body>Sign in</body></html>', code: 'htmlPage', line: 1 },
  {
    what: 'an HTML table named .csv',
    content: '\n  <table><tr><td>EMail</td></tr></table>',
    code: 'htmlPage',
    line: 1,
  },
  { what: 'an HTML page with a mark', content: utf16le('<html><head>'), code: 'htmlPage', line: 1 },
  { what: 'an XML file', content: '<?xml version="1.0"?><users/>', code: 'xmlFile', line: 1 },
  { what: 'a JSON file', content: '[{"mail": "ana@contoso.com"}]', code: 'jsonFile', line: 1 },
  { what: 'a JSON object', content: '{\n  "value": []\n}', code: 'jsonFile', line: 1 },
  { what: 'an SQLite database', content: hex('53514c69746520666f726d6174203300'), code: 'otherFormat' },
  { what: 'a JPEG image', content: hex('ffd8ffe000104a464946'), code: 'otherFormat' },
  {
    what: 'a cell of more than a million characters',
    content: `${HEADER}${ANA}x@contoso.com,${'x'.repeat(1024 * 1024 + 1)},USR\n`,
    code: 'cellTooLong',
    line: 3,
    column: 15,
  },
  {
    what: 'a quote opened above 20 MiB of rows',
    content: `${HEADER}x@contoso.com,"X,USR\n${MANY.repeat(120)}`,
    code: 'cellTooLong',
    line: 2,
    column: 15,
  },
  {
    what: 'an encoding that does not exist',
    content: HEADER + ANA,
    code: 'unknownEncoding',
    choices: { encoding: 'utf-9' },
  },
  { what: 'a delimiter of two characters', content: HEADER + ANA, code: 'badDelimiter', choices: { delimiter: '||' } },
  { what: 'a quote for a delimiter', content: HEADER + ANA, code: 'badDelimiter', choices: { delimiter: '"' } },
  {
    what: 'the wrong encoding declared',
    content: hex('454d61696c0a81'),
    code: 'cutOff',
    choices: { encoding: 'shift_jis' },
  },
];

describe('a broken file gives its own error, with its place, and no roster', () => {
  test.for(BROKEN)('$what: $code', async ({ content, code, line, column, choices }) => {
    const error = await read(content, choices).then(
      () => expect.fail('the file was read'),
      (reason) => reason,
    );
    expect(error).toBeInstanceOf(SourceError);
    expect({ code: error.code, line: error.place.line, column: error.place.column }).toEqual({
      code,
      line: line ?? error.place.line,
      column: column ?? error.place.column,
    });
    expect(error.message).toContain(error.place.file);
    expect(error.remedy).toMatch(/\.$/);
  });

  test('the names in the table are all different', () => {
    expect(new Set(BROKEN.map(({ what }) => what)).size).toBe(BROKEN.length);
  });

  test('a folder: isFolder', async () => {
    const path = join(folder, 'folder.csv');
    await mkdir(path);
    await expect(readFileAt(path)).rejects.toMatchObject({ code: 'isFolder' });
  });

  test('a file that is not there: notFound, with the nearest name', async () => {
    await writeFile(join(folder, 'accounts.csv'), HEADER + ANA);
    const error = await readFileAt(join(folder, 'acounts.csv')).catch((reason) => reason);
    expect(error).toMatchObject({ code: 'notFound', message: expect.stringContaining('did you mean "accounts.csv"?') });
  });

  test('a folder that is not there: notFound', async () => {
    await expect(readFileAt(join(folder, 'nowhere', 'users.csv'))).rejects.toMatchObject({ code: 'notFound' });
  });

  test('a file below a file: notFound', async () => {
    await writeFile(join(folder, 'plain.csv'), HEADER + ANA);
    await expect(readFileAt(join(folder, 'plain.csv', 'users.csv'))).rejects.toMatchObject({ code: 'notFound' });
  });

  test('a file that grows while it is read: changedWhileReading', async () => {
    const path = join(folder, 'growing.csv');
    await writeFile(path, HEADER + ANA);
    const opened = await csvSource({ kind: 'csv', path, encoding: 'auto', delimiter: 'auto' }).open(
      new AbortController().signal,
    );
    await writeFile(path, HEADER + ANA + BO);
    const readAll = async () => {
      for await (const account of opened.rows()) expect(account.cells.length).toBe(3);
    };
    await expect(readAll()).rejects.toMatchObject({ code: 'changedWhileReading' });
  });
});

interface Odd {
  readonly what: string;
  readonly content: string | Buffer;
  readonly columns?: readonly string[];
  readonly cells: readonly (readonly string[])[];
  readonly lines?: readonly number[];
  readonly choices?: Choices;
  readonly description?: string;
}

const COLUMNS = ['EMail', 'Name', 'Role'];
const ANA_CELLS = ['ana@contoso.com', 'Ana Ruiz', 'USR'];
const BO_CELLS = ['bo@contoso.com', 'Bo Li', 'ADM'];
const TWO = HEADER + ANA + BO;
const BOTH = [ANA_CELLS, BO_CELLS];
const ZOE = 'EMail;Name;Role\nz@contoso.com;Zoë “Z” Łuczak €;USR\n';
const ZOE_CELLS = [['z@contoso.com', 'Zoë “Z” Łuczak €', 'USR']];

const ODD: readonly Odd[] = [
  { what: 'a plain file', content: TWO, cells: BOTH, lines: [2, 3], description: '(UTF-8, comma)' },
  { what: 'a UTF-8 byte order mark', content: `\uFEFF${TWO}`, cells: BOTH, description: '(UTF-8, comma)' },
  { what: 'two byte order marks', content: `\uFEFF\uFEFF"EMail",Name,Role\n${ANA}${BO}`, cells: BOTH },
  {
    what: 'UTF-16 as Excel saves it',
    content: utf16le(TWO.replaceAll(',', '\t')),
    cells: BOTH,
    description: '(UTF-16LE, tab)',
  },
  { what: 'big-endian UTF-16', content: utf16be(TWO), cells: BOTH, description: '(UTF-16BE, comma)' },
  { what: 'UTF-16 with letters of many scripts', content: utf16le(ZOE), cells: ZOE_CELLS },
  {
    what: 'UTF-16 without its mark, declared',
    content: utf16le(TWO).subarray(2),
    cells: BOTH,
    choices: { encoding: 'utf-16le' },
  },
  {
    what: 'Windows-1252, declared',
    content: hex('454d61696c3b4e616d650a723b52656ee9209350948092'),
    columns: ['EMail', 'Name'],
    cells: [['r', 'René “P”€’']],
    choices: { encoding: 'windows-1252' },
    description: '(windows-1252, semicolon)',
  },
  {
    what: 'a mark that contradicts the declaration',
    content: `\uFEFF${ZOE}`,
    cells: ZOE_CELLS,
    choices: { encoding: 'windows-1252' },
    description: '(UTF-8, semicolon)',
  },
  {
    what: 'Shift JIS, declared',
    content: hex('454d61696c0a8e5293630a'),
    columns: ['EMail'],
    cells: [['山田']],
    choices: { encoding: 'shift_jis' },
  },
  { what: 'Windows line ends', content: TWO.replaceAll('\n', '\r\n'), cells: BOTH, lines: [2, 3] },
  { what: 'old Mac line ends', content: TWO.replaceAll('\n', '\r'), cells: BOTH, lines: [2, 3] },
  {
    what: 'mixed line ends',
    content: `EMail,Name,Role\r\n${ANA}bo@contoso.com,Bo Li,ADM\r`,
    cells: BOTH,
    lines: [2, 3],
  },
  { what: 'no line end after the last row', content: TWO.trimEnd(), cells: BOTH },
  { what: 'semicolons', content: TWO.replaceAll(',', ';'), cells: BOTH, description: '(UTF-8, semicolon)' },
  {
    what: 'semicolons with commas in the cells',
    content: 'EMail;Name;Role\na@contoso.com;Ruiz, Ana, Dr.;USR\n',
    cells: [['a@contoso.com', 'Ruiz, Ana, Dr.', 'USR']],
  },
  {
    what: 'semicolons with commas in the header',
    content: 'EMail;Name, first and last;Role\na@contoso.com;A;USR\n',
    columns: ['EMail', 'Name, first and last', 'Role'],
    cells: [['a@contoso.com', 'A', 'USR']],
  },
  {
    what: 'one comma and one semicolon in each row',
    content: 'Name, first;EMail\nRuiz, Ana;a@contoso.com\n',
    columns: ['Name, first', 'EMail'],
    cells: [['Ruiz, Ana', 'a@contoso.com']],
  },
  { what: 'tabs', content: TWO.replaceAll(',', '\t'), cells: BOTH, description: '(UTF-8, tab)' },
  {
    what: 'a declared delimiter',
    content: TWO.replaceAll(',', '|'),
    cells: BOTH,
    choices: { delimiter: '|' },
    description: '(UTF-8, pipe)',
  },
  { what: 'a delimiter of several bytes', content: TWO.replaceAll(',', '¦'), cells: BOTH, choices: { delimiter: '¦' } },
  {
    what: 'a separator line for spreadsheets',
    content: `sep=;\n${TWO.replaceAll(',', ';')}`,
    cells: BOTH,
    lines: [3, 4],
  },
  {
    what: 'a separator line under a mark',
    content: `\uFEFFsep=|\r\n${TWO.replaceAll(',', '|')}`,
    cells: BOTH,
    lines: [3, 4],
  },
  { what: 'everything in quotes', content: TWO.replaceAll(/[^,\n]+/g, '"$&"'), cells: BOTH },
  {
    what: 'delimiters inside quotes',
    content: `${HEADER}a@contoso.com,"Ruiz, Ana",USR\n`,
    cells: [['a@contoso.com', 'Ruiz, Ana', 'USR']],
  },
  {
    what: 'doubled quotes',
    content: `${HEADER}a@contoso.com,"Ana ""A"" Ruiz",""\n`,
    cells: [['a@contoso.com', 'Ana "A" Ruiz', '']],
  },
  { what: 'a cell of one quote', content: `${HEADER}a@contoso.com,"""",USR\n`, cells: [['a@contoso.com', '"', 'USR']] },
  {
    what: 'line breaks inside cells',
    content: `${HEADER}a@contoso.com,"Ana\nRuiz",USR\n${BO}`,
    cells: [['a@contoso.com', 'Ana\nRuiz', 'USR'], BO_CELLS],
    lines: [2, 4],
  },
  {
    what: 'Windows line breaks inside cells',
    content: `${HEADER}a@contoso.com,"Ana\r\n\r\nRuiz\r",USR\r\n${BO}`,
    cells: [['a@contoso.com', 'Ana\r\n\r\nRuiz\r', 'USR'], BO_CELLS],
    lines: [2, 6],
  },
  {
    what: 'a line break in the header',
    content: `EMail,"Full\nname",Role\n${ANA}`,
    columns: ['EMail', 'Full\nname', 'Role'],
    cells: [ANA_CELLS],
    lines: [3],
  },
  { what: 'blank lines everywhere', content: `\n\n${HEADER}\n${ANA}\n\n${BO}\n\n`, cells: BOTH, lines: [5, 8] },
  { what: 'lines of blanks', content: `${HEADER}   \n${ANA}\t \n${BO}`, cells: BOTH, lines: [3, 5] },
  {
    what: 'lines of delimiters, as emptied rows leave them',
    content: `${HEADER}${ANA},,\n , ,\n,,,,,,\n${BO}`,
    cells: BOTH,
    lines: [2, 6],
  },
  { what: 'delimiters at the end of each row', content: TWO.replaceAll('\n', ',\n'), cells: BOTH },
  { what: 'delimiters at the end of the header', content: `EMail,Name,Role,,\n${ANA}${BO}`, cells: BOTH },
  { what: 'delimiters at the end of some rows', content: `${HEADER}${ANA.trimEnd()},,,\n${BO}`, cells: BOTH },
  { what: 'blanks around column names', content: ` EMail ,Name\t,  Role\n${ANA}`, cells: [ANA_CELLS] },
  {
    what: 'blanks around cells, which stay',
    content: `${HEADER} a@contoso.com , Ana ,USR \n`,
    cells: [[' a@contoso.com ', ' Ana ', 'USR ']],
  },
  {
    what: 'empty cells',
    content: `${HEADER},Ana,\n,,USR\n`,
    cells: [
      ['', 'Ana', ''],
      ['', '', 'USR'],
    ],
  },
  {
    what: 'one column',
    content: 'EMail\nana@contoso.com\nbo@contoso.com\n',
    columns: ['EMail'],
    cells: [['ana@contoso.com'], ['bo@contoso.com']],
    description: '(UTF-8, comma)',
  },
  {
    what: 'names that objects own',
    content: '__proto__,constructor,toString\n1,2,3\n',
    columns: ['__proto__', 'constructor', 'toString'],
    cells: [['1', '2', '3']],
  },
  {
    what: 'names of other scripts',
    content: 'Adresse électronique,氏名,الدور\na,b,c\n',
    columns: ['Adresse électronique', '氏名', 'الدور'],
    cells: [['a', 'b', 'c']],
  },
  {
    what: 'cells that a spreadsheet would run',
    content: `${HEADER}=1+1,@SUM(A1),-2\n`,
    cells: [['=1+1', '@SUM(A1)', '-2']],
  },
  {
    what: 'cells that a query would run',
    content: `${HEADER}"' or 1 eq 1 or '",a&b#c+d%27,\\\n`,
    cells: [["' or 1 eq 1 or '", 'a&b#c+d%27', '\\']],
  },
  {
    what: 'control characters',
    content: `${HEADER}\u0001\u001b[31m,\u007f,\u0085\u2028x\n`,
    cells: [['\u0001\u001b[31m', '\u007f', '\u0085\u2028x']],
  },
  {
    what: 'a cell of 100,000 characters',
    content: `${HEADER}a,${'x'.repeat(100_000)},USR\n`,
    cells: [['a', 'x'.repeat(100_000), 'USR']],
  },
  {
    what: 'a cell of a million characters of several bytes',
    content: `${HEADER}a,${'€'.repeat(1024 * 1024)},USR\n`,
    cells: [['a', '€'.repeat(1024 * 1024), 'USR']],
  },
  {
    what: 'emoji, and letters written in two ways',
    content: `${HEADER}👩‍👩‍👧@contoso.com,e\u0301é,ﬁ\n`,
    cells: [['👩‍👩‍👧@contoso.com', 'e\u0301é', 'ﬁ']],
  },
  { what: 'numbers with leading zeros, as text', content: `${HEADER}007,1e5,0x10\n`, cells: [['007', '1e5', '0x10']] },
  { what: 'a byte order mark inside a cell', content: `${HEADER}a\uFEFFb,c,d\n`, cells: [['a\uFEFFb', 'c', 'd']] },
  {
    what: 'a file that ends inside a quoted cell that is closed',
    content: `${HEADER}a,b,"c"`,
    cells: [['a', 'b', 'c']],
  },
];

describe('an odd but valid file is read as it stands', () => {
  test.for(ODD)('$what', async ({ content, columns, cells, lines, choices, description }) => {
    const found = await read(content, choices);
    expect(found.columns).toEqual(columns ?? COLUMNS);
    expect(found.accounts.map((account) => account.cells)).toEqual(cells);
    expect(found.accounts.map(({ n }) => n)).toEqual(cells.map((_, index) => index + 1));
    if (lines) expect(found.accounts.map(({ line }) => line)).toEqual(lines);
    expect(found.description).toContain(description ?? 'csv users-');
  });

  test('a source can be read twice and yields the same', async () => {
    const path = join(folder, 'twice.csv');
    await writeFile(path, TWO);
    expect(await readFileAt(path)).toEqual(await readFileAt(path));
  });

  test('every line break and every letter may fall on the seam of two pieces', async () => {
    const rows = Array.from({ length: 3000 }, (_, i) => [`é${'x'.repeat(i % 97)}`, `"\r\n${i}€`, '😀']);
    const text = stringify([['A', 'B', 'C'], ...rows], { record_delimiter: 'windows', quoted_match: /[\r\n]/ });
    for (const content of [text, utf16le(text)]) {
      const found = await read(content);
      expect(found.accounts.map(({ cells }) => cells)).toEqual(rows);
      expect(found.accounts.at(-1)?.line).toBe(2 + 2999 * 2);
    }
  });

  test('an abort stops the reading with its own reason', async () => {
    const path = join(folder, 'abort.csv');
    await writeFile(path, HEADER + MANY.repeat(10));
    const controller = new AbortController();
    const opened = await csvSource({ kind: 'csv', path, encoding: 'auto', delimiter: 'auto' }).open(controller.signal);
    const readAll = async () => {
      for await (const { n } of opened.rows()) if (n === 10) controller.abort(new Error('enough'));
    };
    await expect(readAll()).rejects.toThrow('enough');
  });
});

const ENCODERS: Readonly<Record<string, { choice: string; encode: (text: string) => Buffer }>> = {
  'UTF-8': { choice: 'auto', encode: (text) => Buffer.from(text) },
  'UTF-8 with its mark': { choice: 'auto', encode: (text) => Buffer.from(`\uFEFF${text}`) },
  'UTF-16LE': { choice: 'auto', encode: utf16le },
  'UTF-16BE': { choice: 'auto', encode: utf16be },
};

// A NUL is refused wherever it stands, and a lone surrogate cannot be encoded.
const cell = fc
  .oneof(
    fc.string({ unit: 'binary', maxLength: 12 }),
    fc.string({
      unit: fc.constantFrom('"', ',', ';', '\t', '\n', '\r', ' ', 'a', 'é', '😀', "'", '\uFEFF'),
      maxLength: 8,
    }),
  )
  .map((text) => text.replaceAll('\0', '').toWellFormed());

const table = fc
  .integer({ min: 1, max: 5 })
  .chain((width) => fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 12 }));

const hasText = (cells: readonly string[]) => cells.some((text) => text.trim() !== '');

describe('whatever stands in the cells', () => {
  test.for(Object.entries(ENCODERS))('a table written as %s is read back the same', async ([, { choice, encode }]) => {
    await fc.assert(
      fc.asyncProperty(
        table,
        fc.constantFrom(',', ';', '\t', '|'),
        fc.constantFrom('\r\n', '\n', '\r'),
        fc.boolean(),
        async (rows, delimiter, lineEnd, quoteAll) => {
          fc.pre(rows.some(hasText));
          const header = rows[0]!.map((_, index) => `Column ${index + 1}`);
          const text = stringify([header, ...rows], {
            delimiter,
            record_delimiter: lineEnd,
            quoted: quoteAll,
            quoted_match: /[\r\n"]|^\s|\s$|^$/,
          });
          const found = await read(encode(text), { encoding: choice, delimiter });
          expect(found.columns).toEqual(header);
          expect(found.accounts.map(({ cells }) => cells)).toEqual(rows.filter(hasText));
        },
      ),
      { numRuns: 80 },
    );
  });

  test('arbitrary bytes give an error of ours, or rows as wide as the header', async () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc
        .array(fc.constantFrom(...'ab,;\t"\n\r \0é', '\uFEFF', 'EMail,Name\n', 'x,y\r\n', '"a"",b",c\n'), {
          maxLength: 40,
        })
        .map((parts) => Buffer.from(parts.join(''))),
    );
    let readable = 0;
    await fc.assert(
      fc.asyncProperty(bytes, fc.constantFrom('auto', 'windows-1252', 'utf-16le'), async (content, encoding) => {
        try {
          const { columns, accounts } = await read(Buffer.from(content), { encoding });
          readable += 1;
          expect(accounts.length).toBeGreaterThan(0);
          for (const [index, { n, cells }] of accounts.entries()) {
            expect(n).toBe(index + 1);
            expect(cells.length).toBe(columns.length);
          }
        } catch (error) {
          if (!(error instanceof SourceError)) throw error;
          expect(error.remedy).not.toBe('');
        }
      }),
      { numRuns: 1000 },
    );
    expect(readable).toBeGreaterThan(0);
  });

  test('a file cut anywhere gives an error, or fewer rows that are the first ones', async () => {
    const whole = Buffer.from(`${HEADER}${ANA}a@contoso.com,"Zoë, ""Z""\r\nŁ",USR\r\n${BO}`);
    const complete = (await read(whole)).accounts.map(({ cells }) => cells);
    for (let length = 0; length < whole.length; length += 1) {
      const outcome = await read(whole.subarray(0, length)).catch((error) => error);
      if (outcome instanceof Error) {
        expect(outcome).toBeInstanceOf(SourceError);
        continue;
      }
      const cells = (outcome as Read).accounts.map((account) => account.cells);
      // The last cell of the last row may be cut: without its line break, nobody can tell.
      expect(cells.slice(0, -1)).toEqual(complete.slice(0, cells.length - 1));
      expect(cells.at(-1)!.slice(0, -1)).toEqual(complete[cells.length - 1]!.slice(0, -1));
    }
  });
});
