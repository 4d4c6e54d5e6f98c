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
])('%j is refused: %s', (written, problem) => {
  const { error } = textWritten.safeParse({ path: 'users.txt', ...written });
  expect(error?.message).toContain(problem);
});
