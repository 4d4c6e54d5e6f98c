// Excel workbooks, as a source: what people see in a sheet is what the roster holds.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { excelSource } from '../../../src/collect/excel/source.ts';
import type { Account } from '../../../src/model/account.ts';
import type { OpenSource } from '../../../src/model/source.ts';
import type { ExcelSettings } from '../../../src/model/source-settings.ts';
import { type CellText, type SheetText, type WorkbookText, workbook } from '../../support/xlsx.ts';
import { COLUMNS, people, sourceConformance } from './suite.ts';

sourceConformance({
  name: 'excel',
  tellsNull: false,
  many: 5000,
  million: false,
  start: async () => {
    const place = await mkdtemp(join(tmpdir(), 'rollcall-excel-'));
    const path = join(place, 'users.xlsx');
    let rows: (readonly CellText[])[] = [];
    const fill = async (accounts: Iterable<readonly CellText[]>) => {
      rows = [[...COLUMNS], ...accounts];
      await writeFile(path, workbook({ sheets: [{ rows }] }));
    };
    return {
      fill,
      settings: () => ({ kind: 'excel', path, sheet: null, headerRow: null }),
      breakRecord: async () => {
        const broken: CellText[] = ['last@contoso.com', { attributes: 't="e"', xml: '<v>#N/A</v>' }];
        await fill([...rows.slice(1), broken]);
        return { code: 'errorValue', place: { file: path } };
      },
      close: () => rm(place, { recursive: true }),
    };
  },
});

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-excel-'));
});
afterAll(() => rm(folder, { recursive: true }));

let files = 0;
const saved = async (content: WorkbookText | Buffer, choices: Partial<ExcelSettings> = {}): Promise<ExcelSettings> => {
  files += 1;
  const path = join(folder, `users-${files}.xlsx`);
  await writeFile(path, Buffer.isBuffer(content) ? content : workbook(content));
  return { kind: 'excel', path, sheet: null, headerRow: null, ...choices };
};

interface Read extends Pick<OpenSource, 'columns' | 'description'> {
  readonly cells: readonly (readonly (string | null)[])[];
  readonly lines: readonly (number | undefined)[];
  readonly notes: readonly string[];
}

const read = async (content: WorkbookText | Buffer, choices?: Partial<ExcelSettings>): Promise<Read> => {
  const opened = await excelSource(await saved(content, choices)).open(new AbortController().signal);
  const accounts: Account[] = [];
  for await (const account of opened.rows()) accounts.push(account);
  return {
    columns: opened.columns,
    description: opened.description,
    cells: accounts.map(({ cells }) => cells),
    lines: accounts.map(({ line }) => line),
    notes: opened.notes?.() ?? [],
  };
};

const refusal = async (content: WorkbookText | Buffer, choices?: Partial<ExcelSettings>) => {
  const error = await read(content, choices).then(
    () => expect.fail('the workbook was read'),
    (reason) => reason,
  );
  expect(error).toMatchObject({ name: 'SourceError', remedy: expect.stringMatching(/\.$/) });
  return error as { readonly code: string; readonly message: string };
};

const HEADER = ['EMail', 'Name', 'Role'];
const ANA = ['ana@contoso.com', 'Ana Ruiz', 'USR'];
const BO = ['bo@contoso.com', 'Bo Li', 'ADM'];

/** One cell of one account, in the given number format. */
const shown = async (cell: CellText, format?: string, more: Partial<WorkbookText> = {}): Promise<string | null> => {
  const formats = format === undefined ? [] : [format];
  const sheets: SheetText[] = [
    {
      rows: [
        ['EMail', 'Value'],
        ['ana@contoso.com', cell],
      ],
    },
  ];
  return (await read({ sheets, formats, ...more })).cells[0]![1]!;
};
const styled = (value: number | string): CellText => ({ attributes: 's="1"', xml: `<v>${value}</v>` });

test('an employee number keeps its zeros, whether it is a text or a number that is shown with them', async () => {
  expect(await shown('00123')).toBe('00123');
  expect(await shown(styled(123), '00000')).toBe('00123');
  expect(await shown(styled(123456789), '000-00-0000')).toBe('123-45-6789');
  expect(await shown(styled(42), '"EMP-"0000')).toBe('EMP-0042');
});

test('a long number has all its digits', async () => {
  expect(await shown(123456789012345)).toBe('123456789012345');
  expect(await shown({ xml: '<v>1.23456789012345E+17</v>' })).toBe('123456789012345000');
  expect(await shown({ xml: '<v>1.5E-7</v>' })).toBe('0.00000015');
  expect(await shown(styled('4.5E+12'), '0.00E+00')).toBe('4500000000000');
  expect(await shown(styled(7), '@')).toBe('7');
});

test('numbers are as a person sees them', async () => {
  expect(await shown({ xml: '<v>2.9999999999999998E-2</v>' })).toBe('0.03');
  expect(await shown(styled(0.1234), '0.0%')).toBe('12.3%');
  expect(await shown(styled(1234.5), '#,##0.00')).toBe('1,234.50');
  expect(await shown(styled(1234.5), '_-* #,##0.00\\ _€_-;-* #,##0.00\\ _€_-;_-* "-"??\\ _€_-;_-@_-')).toBe('1,234.50');
  expect(await shown(styled(-3), '0;[Red](0)')).toBe('(3)');
});

test('a date is ISO 8601, whatever its format', async () => {
  expect(await shown(styled(45000), 'm/d/yyyy')).toBe('2023-03-15');
  expect(await shown(styled(45000.75), 'dd.mm.yyyy hh:mm')).toBe('2023-03-15T18:00:00');
  expect(await shown(styled(45000.99999), 'yyyy-mm-dd')).toBe('2023-03-15');
  expect(await shown(styled(0.75), 'h:mm AM/PM')).toBe('18:00:00');
  expect(await shown(styled(1.5), '[h]:mm')).toBe('36:00');
  expect(await shown(styled(59), 'yyyy-mm-dd')).toBe('1900-02-28');
  expect(await shown(styled(61), 'yyyy-mm-dd')).toBe('1900-03-01');
  expect(await shown(styled(2958465), 'yyyy-mm-dd')).toBe('9999-12-31');
  expect(await shown({ attributes: 't="d"', xml: '<v>2023-03-15T00:00:00</v>' })).toBe('2023-03-15');
});

test('a workbook that counts from 1904 has its dates right', async () => {
  expect(await shown(styled(43538), 'yyyy-mm-dd', { from1904: true })).toBe('2023-03-15');
  expect(await shown(styled(0), 'yyyy-mm-dd', { from1904: true })).toBe('1904-01-01');
});

test('booleans, rich text, texts in their cells and formulas have the value that is shown', async () => {
  expect(await shown({ attributes: 't="b"', xml: '<v>1</v>' })).toBe('TRUE');
  expect(
    await shown({ attributes: 't="inlineStr"', xml: '<is><r><t>Ana </t></r><r><rPr><b/></rPr><t>Ruiz</t></r></is>' }),
  ).toBe('Ana Ruiz');
  expect(
    await shown({ attributes: 't="inlineStr"', xml: '<is><t>東京</t><rPh sb="0" eb="2"><t>トウキョウ</t></rPh></is>' }),
  ).toBe('東京');
  expect(await shown({ attributes: 't="str"', xml: '<f>A1&amp;"x"</f><v>ax</v>' })).toBe('ax');
  expect(await shown({ attributes: 't="str"', xml: '<f>""</f><v></v>' })).toBe('');
  expect(await shown({ xml: '<f>1+1</f><v>2</v>' })).toBe('2');
  expect(await shown('line\r\nbreak')).toBe('line\r\nbreak');
  expect(await shown('_x005F_x000D_')).toBe('_x000D_');
  expect(await shown(' kept ', undefined, { inline: true })).toBe(' kept ');
});

test('an error in a cell, a formula without value and a day that is none name sheet and cell', async () => {
  const cell = async (content: CellText, formats: readonly string[] = []) => {
    const { code, message } = await refusal({
      formats,
      sheets: [{ name: 'Leute', rows: [HEADER, ANA, ['b@x.example', content]] }],
    });
    expect(message).toContain('sheet "Leute", cell B3: ');
    return code;
  };
  expect(await cell({ attributes: 't="e"', xml: '<v>#N/A</v>' })).toBe('errorValue');
  expect(await cell({ attributes: 't="e"', xml: '<f>VLOOKUP(1,A1:A2,1)</f><v>#REF!</v>' })).toBe('errorValue');
  expect(await cell({ xml: '<f>A1</f>' })).toBe('formulaWithoutValue');
  expect(await cell({ xml: '<f>A1</f><v></v>' })).toBe('formulaWithoutValue');
  expect(await cell({ attributes: 's="1"', xml: '<v>2958466</v>' }, ['yyyy-mm-dd'])).toBe('notADate');
  expect(await cell({ attributes: 's="1"', xml: '<v>-1</v>' }, ['yyyy-mm-dd'])).toBe('notADate');
});

test('the header is found below titles, and empty rows and columns around the table do not matter', async () => {
  const rows = [
    ['Accounts of CORPDB1'],
    [],
    ['Exported on', 45000],
    [],
    [null, ...HEADER, null, 'Since'],
    [null, ...ANA, null, '2020'],
    [],
    [null, ...BO, '  ', '2021', ''],
    [null, '', ' '],
  ];
  const { columns, cells, lines, description } = await read({ sheets: [{ rows }] });
  expect(columns).toEqual([...HEADER, 'Since']);
  expect(cells).toEqual([
    [...ANA, '2020'],
    [...BO, '2021'],
  ]);
  expect(lines).toEqual([6, 8]);
  expect(description).toContain('(sheet Users, header in row 5)');
});

test('a row that is named as header is taken, wherever it is', async () => {
  const titles = Array.from({ length: 40 }, (_, i) => [`Title ${i}`, 'of two cells', 'or three']);
  const { columns, lines } = await read({ sheets: [{ rows: [...titles, HEADER, ANA] }] }, { headerRow: 41 });
  expect(columns).toEqual(HEADER);
  expect(lines).toEqual([42]);
  const { code, message } = await refusal({ sheets: [{ rows: [['CORPDB1'], [], HEADER, ANA] }] }, { headerRow: 2 });
  expect(code).toBe('noHeader');
  expect(message).toContain('row 1: A "CORPDB1"; row 3: A "EMail", B "Name", C "Role"');
  expect(message).not.toContain('ana@contoso.com');
});

test('a table says where its header is, and its totals are left out', async () => {
  const rows = [
    ['CORPDB1', 'Exported by', 'Ana'],
    HEADER,
    ANA,
    BO,
    ['Total', '', { xml: '<f>SUBTOTAL(103,C3:C4)</f><v>2</v>' }],
  ];
  const table = 'ref="A2:C5" totalsRowCount="1"';
  const { columns, cells, notes } = await read({ sheets: [{ rows, table }] });
  expect(columns).toEqual(HEADER);
  expect(cells).toEqual([ANA, BO]);
  expect(notes).toEqual([`Row 5 of sheet "Users" holds the table's totals; it was left out.`]);
});

test('the sheet is the only visible one that holds anything; where there are several, all are listed', async () => {
  const users: SheetText = { name: 'Users', rows: [HEADER, ANA] };
  const empty: SheetText = { name: 'Sheet2', rows: [['', ' ']] };
  const hidden: SheetText = { name: 'Lists', state: 'veryHidden', rows: [['ADM'], ['USR']] };
  const { cells, notes } = await read({ sheets: [empty, hidden, users] });
  expect(cells).toEqual([ANA]);
  expect(notes).toEqual(['The workbook hides sheets that were not read: "Lists".']);

  const several = await refusal({ sheets: [users, hidden, { name: 'Old', rows: [HEADER, BO] }] });
  expect(several.code).toBe('severalSheets');
  expect(several.message).toContain('"Users", "Lists" (hidden), "Old"');

  const named = { sheets: [users, hidden, { name: 'Old', rows: [HEADER, BO] }] };
  expect((await read(named, { sheet: 'old' })).cells).toEqual([BO]);
  expect((await read(named, { sheet: 'Lists' })).notes).toContain('Sheet "Lists" is hidden.');
  const wrong = await refusal(named, { sheet: 'Usres' });
  expect(wrong).toMatchObject({ code: 'noSheet', message: expect.stringContaining('did you mean "Users"?') });
  expect((await refusal(named, { sheet: 'Nothing like it' })).message).toContain('"Users", "Lists" (hidden), "Old"');
});

test('hidden rows and columns and merged cells are read, and noted', async () => {
  const { cells, notes } = await read({
    sheets: [
      {
        rows: [['Title'], HEADER, ANA, BO, ['', 'Cy']],
        rowAttributes: { 3: 'hidden="1"', 5: 'hidden="true"' },
        before: '<cols><col min="1" max="1" width="9"/><col min="2" max="3" hidden="1"/></cols>',
        after:
          '<autoFilter ref="A2:C5"/><mergeCells count="2"><mergeCell ref="A1:C1"/><mergeCell ref="A4:A5"/></mergeCells>',
      },
    ],
  });
  expect(cells).toEqual([ANA, BO, ['', 'Cy', '']]);
  expect(notes).toEqual([
    'Sheet "Users" hides 2 of its rows (3, 5); they were read like the others.',
    'Sheet "Users" hides columns: "Name", "Role"; they were read like the others.',
    'Sheet "Users" has merged cells (A4:A5): only the first of each has a value, the others are empty.',
  ]);
});

test('200,000 accounts pass within flat memory', async () => {
  const path = await saved({ sheets: [{ rows: [[...COLUMNS], ...people(200_000)] }] });
  const open = await excelSource(path).open(new AbortController().signal);
  let rows = 0;
  const used: number[] = [];
  for await (const { cells } of open.rows()) {
    rows += 1;
    if (rows === 200_000) expect(cells[0]).toBe('person199999@contoso.com');
    if (rows % 20_000 === 0) used.push(process.memoryUsage().heapUsed);
  }
  expect(rows).toBe(200_000);
  // As an array they would take some sixty.
  expect((Math.min(...used.slice(-3)) - used[0]!) / 2 ** 20).toBeLessThan(40);
});
