// Text files of records, as a source: fixed columns and delimiters, in the code pages of mainframes.
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { textSource } from '../../../src/collect/text/source.ts';
import { textSettings, textWritten } from '../../../src/config/sources/text.ts';
import type { Account } from '../../../src/model/account.ts';
import { inCodePage } from '../../support/ebcdic.ts';
import { ODD, sourceConformance } from './suite.ts';

const settingsOf = (path: string, written: object) =>
  textSettings(textWritten.parse({ path, ...written }), (name) => name);

const FIXED = { columns: { EMail: '1-40', Name: '41-80', EmployeeId: '81-92', Role: '93-' } };
const fixed = (cells: readonly (string | null)[]) => {
  const [mail, name, id, role] = cells.map((cell) => cell ?? '');
  return `${mail!.padEnd(40)}${name!.padEnd(40)}${id!.padEnd(12)}${role}\n`;
};

sourceConformance({
  name: 'text with fixed columns',
  tellsNull: false,
  many: 5000,
  million: false,
  start: async () => {
    const place = await mkdtemp(join(tmpdir(), 'rollcall-text-'));
    const path = join(place, 'users.txt');
    return {
      fill: (accounts) => writeFile(path, [...accounts].map(fixed).join('') || '\n'),
      settings: () => settingsOf(path, FIXED),
      breakRecord: async () => {
        await appendFile(path, fixed(['last@contoso.com', 'La\u0007st', '1', 'USR']));
        return { code: 'controlByte', place: { file: path, line: 21, column: 43 } };
      },
      close: () => rm(place, { recursive: true }),
    };
  },
});

sourceConformance({
  name: 'text with a delimiter',
  tellsNull: false,
  many: 5000,
  million: true,
  cannotHold: ODD.filter((value) => value.includes(':')),
  start: async () => {
    const place = await mkdtemp(join(tmpdir(), 'rollcall-text-'));
    const path = join(place, 'passwd');
    return {
      fill: async (accounts) => {
        await writeFile(path, '# EMail:Name:EmployeeId:Role\n');
        let text = '';
        for (const cells of accounts) {
          text += `${cells.join(':')}\n`;
          if (text.length < 1_000_000) continue;
          await appendFile(path, text);
          text = '';
        }
        await appendFile(path, text);
      },
      settings: () =>
        settingsOf(path, { delimiter: ':', comment: '#', columns: ['EMail', 'Name', 'EmployeeId', 'Role'] }),
      breakRecord: async () => {
        await appendFile(path, 'last@contoso.com:Last:1\n');
        return { code: 'wrongFields', place: { file: path, line: 22, column: 24 } };
      },
      close: () => rm(place, { recursive: true }),
    };
  },
});

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-text-'));
});
afterAll(() => rm(folder, { recursive: true }));

let files = 0;
const opened = async (content: string | Buffer, written: object) => {
  files += 1;
  const path = join(folder, `users-${files}`);
  await writeFile(path, content);
  return textSource(settingsOf(path, written));
};

const read = async (content: string | Buffer, written: object) => {
  const source = await (await opened(content, written)).open(new AbortController().signal);
  const accounts: Account[] = [];
  for await (const account of source.rows()) accounts.push(account);
  return {
    cells: accounts.map(({ cells }) => cells),
    lines: accounts.map(({ line }) => line),
    description: source.description,
  };
};

const MAINFRAME = {
  encoding: 'ibm037',
  recordLength: 40,
  header: { at: '1-3', is: 'HDR' },
  trailer: { at: '1-3', is: 'TRL', count: '4-10' },
  columns: { Login: '1-8', Name: '9-30', Id: '31-36' },
};
const BODY = ['ANAR    Ana Ruiz              00123'.padEnd(40, '\0'), 'BOLI    Bö "Bo" Li            00124'.padEnd(40)];
const records = (count: string) => [`HDR20260101`.padEnd(40), ...BODY, `TRL${count}`.padEnd(40)].join('');
const CELLS = [
  ['ANAR', 'Ana Ruiz', '00123'],
  ['BOLI', 'Bö "Bo" Li', '00124'],
];

test('a file of a mainframe is read: EBCDIC, one length, header, trailer with its count', async () => {
  for (const page of ['ibm037', 'ibm500', 'ibm273', 'ibm1047', 'ibm1140', 'ibm850', 'ibm437']) {
    const { cells, lines, description } = await read(inCodePage(page, records('0000002')), {
      ...MAINFRAME,
      encoding: page,
    });
    expect(cells).toEqual(CELLS);
    expect(lines).toEqual([2, 3]);
    expect(description).toContain(`(${page}, fixed columns, records of 40)`);
  }
});

test('records of one length can be lines, also with the line end of mainframes', async () => {
  for (const lineEnd of ['\n', '\r\n', '\x85']) {
    const text = records('0000002').match(/.{40}/gs)!.join(lineEnd) + lineEnd;
    const { cells, description } = await read(inCodePage('ibm037', text), MAINFRAME);
    expect(cells).toEqual(CELLS);
    expect(description).toContain('lines of 40');
  }
});

test('code pages have their letters in their own places', async () => {
  const bytes = Buffer.from('4a5a5fadb0babbbd7bc0d0', 'hex');
  const cellIn = async (encoding: string) => (await read(bytes, { encoding, columns: { A: '1-' } })).cells[0]![0];
  expect(await cellIn('cp037')).toBe('¢!¬Ý^[]¨#{}');
  expect(await cellIn('IBM-500')).toBe('[]^Ý¢¬|¨#{}');
  expect(await cellIn('EBCDIC-1047')).toBe('¢!^[¬Ý¨]#{}');
  expect(await cellIn('ibm273')).toBe('ÄÜ^Ý¢¬|¨#äü');
});

test('a file without its header or trailer, or with another count, is refused with its place', async () => {
  const refused = async (text: string) => {
    const error = await read(inCodePage('ibm037', text), MAINFRAME).catch((reason) => reason);
    expect(error).toMatchObject({ name: 'SourceError', remedy: expect.stringMatching(/\.$/) });
    return { code: error.code, line: error.place.line, column: error.place.column };
  };
  expect(await refused(records('0000003'))).toEqual({ code: 'wrongCount', line: 4, column: 4 });
  expect(await refused(records('SEVEN'))).toEqual({ code: 'wrongTrailer', line: 4, column: 4 });
  expect(await refused(records('0000002').slice(0, -40))).toEqual({ code: 'wrongTrailer', line: 3, column: 1 });
  expect(await refused(records('0000002').slice(40))).toEqual({ code: 'wrongHeader', line: 1, column: 1 });
  expect(await refused(records('0000002').slice(0, -3))).toEqual({ code: 'wrongLength', line: 4, column: 38 });
});

const PACKED = {
  encoding: 'ibm037',
  recordLength: 30,
  header: { at: 1, is: 'H' },
  trailer: { at: 1, is: 'T', count: '2-4 | 9(5) COMP-3' },
  columns: {
    Login: '2-9',
    EmployeeId: '10-12 | 9(5) COMP-3',
    Balance: '13-17 | S9(7)V99 COMP-3',
    Logins: '18-19 | 9(4) COMP',
    Days: '20-22 | S9(3)',
    Name: '23-',
  },
};
const ebcdic = (text: string) => inCodePage('ibm037', text).toString('hex');
const bytes = (...hex: readonly string[]) => Buffer.from(hex.map((each) => each.padEnd(60, '40')).join(''), 'hex');
const PACKED_HEADER = ebcdic('H20260101');
const packedTrailer = (count: string) => `${ebcdic('T')}${count}`;
const ANA_PACKED = `${ebcdic('PANARUIZ ')}00123c000123450d1525f1f2d3${ebcdic('Ana Ruiz')}`;

test('numbers of mainframes are read as their pictures say, also where their bytes look like the end of a line', async () => {
  const file = bytes(PACKED_HEADER, ANA_PACKED, packedTrailer('00001c'));
  const { cells, lines, description } = await read(file, PACKED);
  // X'1525' are, as letters, the two ends of a line that mainframes know.
  expect(cells).toEqual([['ANARUIZ', '00123', '-1234.50', '5413', '-123', 'Ana Ruiz']]);
  expect(lines).toEqual([2]);
  expect(description).toContain('records of 30');
});

test('bytes that are no number, and a count that does not fit, are refused with record and byte', async () => {
  const refused = async (...hex: readonly string[]) => {
    const error = await read(bytes(...hex), PACKED).catch((reason) => reason);
    expect(error).toMatchObject({ name: 'SourceError', remedy: expect.stringMatching(/\.$/) });
    return { code: error.code, line: error.place.line, column: error.place.column };
  };
  const trailer = packedTrailer('00001c');
  expect(await refused(PACKED_HEADER, ANA_PACKED.replace('00123c', 'c1c2c3'), trailer)).toEqual({
    code: 'notANumber',
    line: 2,
    column: 10,
  });
  expect(await refused(PACKED_HEADER, ANA_PACKED.replace('f1f2d3', 'f1c1d3'), trailer)).toEqual({
    code: 'notANumber',
    line: 2,
    column: 21,
  });
  expect(await refused(PACKED_HEADER, ANA_PACKED, packedTrailer('00002c'))).toEqual({
    code: 'wrongCount',
    line: 3,
    column: 2,
  });
});

test('a file of passwords is read by fields; a comment and blank lines are left out', async () => {
  const content = '# login:hash:name:mail:groups\r\n\r\nana:x:Ana Ruiz: ana@contoso.com :crm,adm\r\nbo:x:Bo Li::\r\n';
  const names = ['login', 'hash', 'name', 'mail', 'groups'];
  const { cells, lines } = await read(content, { delimiter: ':', comment: '#', columns: names });
  expect(cells).toEqual([
    ['ana', 'x', 'Ana Ruiz', 'ana@contoso.com', 'crm,adm'],
    ['bo', 'x', 'Bo Li', '', ''],
  ]);
  expect(lines).toEqual([3, 4]);
  const some = await read(content, { delimiter: ':', header: 1, columns: { Mail: 4, Login: 1 } });
  expect(some.cells).toEqual([
    ['ana@contoso.com', 'ana'],
    ['', 'bo'],
  ]);
});

test('columns are proposed where blanks part them, and without columns nothing is read', async () => {
  const signal = new AbortController().signal;
  const source = await opened('ANAR    Ana    Ruiz 00123\nBOLI    Boris  Li   00124\nCY      Cy     Xu   00125\n', {});
  expect(await source.proposeColumns!(signal)).toEqual({
    Column1: '1-8',
    Column2: '9-15',
    Column3: '16-20',
    Column4: '21-25',
  });
  await expect(source.open(signal)).rejects.toMatchObject({ code: 'noColumns' });
  const passwd = await opened('ana:x:1\nbo:x:2\n', { delimiter: ':' });
  expect(await passwd.proposeColumns!(signal)).toEqual({ Field1: '1', Field2: '2', Field3: '3' });
});

test.each([
  [{ columns: ['a'] }, 'a list of names goes with a delimiter only'],
  [{ columns: { a: '8-1' } }, 'expected positions'],
  [{ columns: { a: '0-1' } }, 'expected positions'],
  [{ encoding: 'ibm999' }, 'expected a code page (ibm037'],
  [{ delimiter: ':', recordLength: 80 }, 'goes with fixed positions only'],
  [{ trailer: { at: '1-3' } }, 'expected both at and is'],
  [{ columns: { a: '1-3 | 9(7) COMP-3' } }, '9(7) COMP-3 takes 4 bytes, not 3'],
  [{ columns: { a: '1-3 | 9(5) COMP-3' }, recordLength: 80 }, 'need an encoding of EBCDIC'],
  [{ columns: { a: '1-3 | 9(5) COMP-3' }, encoding: 'ibm437', recordLength: 80 }, 'need an encoding of EBCDIC'],
  [{ columns: { a: '1-3 | 9(5) COMP-3' }, encoding: 'ibm037' }, 'need recordLength'],
  [{ columns: { a: '1 | 9' }, delimiter: ';' }, 'a picture goes with fixed positions only'],
  [{ columns: { a: '1-3 | hex' } }, 'expected a picture'],
])('%j is refused: %s', (written, problem) => {
  const { error } = textWritten.safeParse({ path: 'users.txt', ...written });
  expect(error?.message).toContain(problem);
});
