// What workbooks, exports of directories and text files look like when they go wrong, and what they may look like when right.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { strToU8, zipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sourceOf } from '../../src/collect/sources.ts';
import { sourceSettings, sourceWritten } from '../../src/config/sources/sources.ts';
import { SourceError } from '../../src/model/errors.ts';
import { inCodePage } from '../support/ebcdic.ts';
import { type SheetText, workbook } from '../support/xlsx.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-hostile-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Case {
  readonly what: string;
  readonly kind: 'excel' | 'ldif' | 'csvde' | 'text';
  readonly content: string | Buffer;
  readonly keys?: Readonly<Record<string, unknown>>;
}

const COLUMNS = {
  excel: {},
  ldif: { columns: { EMail: 'mail', Name: 'cn' } },
  csvde: { columns: { EMail: 'mail', Name: 'cn' } },
  text: { columns: { EMail: '1-20', Name: '21-' } },
} as const;

let files = 0;
const cellsOf = async ({ kind, content, keys }: Case): Promise<readonly (readonly (string | null)[])[]> => {
  files += 1;
  await writeFile(join(folder, `users-${files}`), content);
  const written = sourceWritten.parse({ [kind]: { path: `users-${files}`, ...COLUMNS[kind], ...keys } });
  const settings = sourceSettings(written, (name) => join(folder, name));
  const source = await sourceOf(settings, { readSecret: () => Promise.reject(new Error('no secret')), env: {} });
  const cells: (readonly (string | null)[])[] = [];
  const opened = await source.open(new AbortController().signal);
  for await (const account of opened.rows()) cells.push(account.cells);
  return cells;
};

const HEADER = ['EMail', 'Name'];
const ANA = ['ana@contoso.com', 'Ana Ruiz'];
const sheet = (more: SheetText, parts: Readonly<Record<string, string | Uint8Array | null>> = {}): Buffer =>
  workbook({ sheets: [{ rows: [HEADER, ANA], ...more }], parts });
const GOOD = sheet({});
const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const rowsXml = (xml: string, around = ['', '']) =>
  `<worksheet xmlns="${MAIN}">${around[0]}<sheetData>${xml}</sheetData>${around[1]}</worksheet>`;
const inline = (text: string, name = '') => `<c ${name && `r="${name}"`} t="inlineStr"><is><t>${text}</t></is></c>`;
const HEADER_XML = `<row r="1">${inline('EMail', 'A1')}${inline('Name', 'B1')}</row>`;
const OLE = Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.alloc(2040)]);
const encrypted = (): Buffer => {
  const file = Buffer.from(OLE);
  file.writeUInt16LE(9, 30);
  file.writeUInt32LE(1, 48);
  file.write('EncryptedPackage', 1024 + 128, 'utf16le');
  return file;
};
const changed = (file: Buffer, at: number): Buffer => {
  const copy = Buffer.from(file);
  copy[at]! ^= 0xff;
  return copy;
};
const DN = 'dn: cn=a,dc=x\n';
const LINE = 'ana@contoso.com     Ana Ruiz\n';

const BROKEN: readonly (Case & { readonly code: string; readonly says?: string })[] = [
  { what: 'an empty workbook file', kind: 'excel', content: '', code: 'emptyFile' },
  { what: 'a CSV file named as a workbook', kind: 'excel', content: 'EMail,Name\na@x.example,A\n', code: 'textFile' },
  {
    what: 'an HTML table named as a workbook',
    kind: 'excel',
    content: '<html><table></table></html>',
    code: 'htmlPage',
  },
  {
    what: 'an XML spreadsheet of 2003',
    kind: 'excel',
    content: '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>',
    code: 'otherWorkbook',
  },
  { what: 'an old workbook', kind: 'excel', content: OLE, code: 'oldWorkbook' },
  { what: 'a workbook with a password', kind: 'excel', content: encrypted(), code: 'encrypted' },
  { what: 'a compressed workbook', kind: 'excel', content: gzipSync(GOOD), code: 'compressed' },
  {
    what: 'a ZIP archive of a CSV file',
    kind: 'excel',
    content: Buffer.from(zipSync({ 'users.csv': strToU8('a') })),
    code: 'compressed',
  },
  {
    what: 'an OpenDocument spreadsheet',
    kind: 'excel',
    content: Buffer.from(
      zipSync({ mimetype: strToU8('application/vnd.oasis.opendocument.spreadsheet'), 'content.xml': strToU8('<a/>') }),
    ),
    code: 'otherWorkbook',
  },
  {
    what: 'a binary workbook',
    kind: 'excel',
    content: sheet(
      {},
      {
        '_rels/.rels':
          '<Relationships><Relationship Id="a" Type="x/officeDocument" Target="xl/workbook.bin"/></Relationships>',
        'xl/workbook.bin': 'x',
      },
    ),
    code: 'otherWorkbook',
  },
  {
    what: 'a text document of Office',
    kind: 'excel',
    content: sheet({}, { '_rels/.rels': null }),
    code: 'otherFormat',
  },
  { what: 'a workbook that was cut off', kind: 'excel', content: GOOD.subarray(0, GOOD.length - 40), code: 'cutOff' },
  {
    what: 'a workbook with a changed byte',
    kind: 'excel',
    content: changed(GOOD, GOOD.indexOf('sheet1.xml') + 30),
    code: 'damaged',
  },
  {
    what: 'a sheet that is not well-formed',
    kind: 'excel',
    content: sheet({ xml: '<worksheet><sheetData></worksheet>' }),
    code: 'damaged',
  },
  {
    what: 'entities that grow',
    kind: 'excel',
    content: sheet({
      xml: `<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>${rowsXml(`<row>${inline('&b;')}</row>`)}`,
    }),
    code: 'damaged',
  },
  {
    what: 'a ZIP bomb',
    kind: 'excel',
    content: sheet({}, { 'xl/sharedStrings.xml': new Uint8Array(80 * 2 ** 20) }),
    code: 'tooLarge',
  },
  {
    what: 'a missing sheet part',
    kind: 'excel',
    content: sheet({}, { 'xl/worksheets/sheet1.xml': null }),
    code: 'damaged',
  },
  {
    what: 'a text number that is not there',
    kind: 'excel',
    content: sheet({ rows: [HEADER, ['a', { attributes: 't="s"', xml: '<v>99</v>' }]] }),
    code: 'damaged',
    says: 'cell B2',
  },
  {
    what: 'rows out of order',
    kind: 'excel',
    content: sheet({ xml: rowsXml(`${HEADER_XML}<row r="3">${inline('a')}</row><row r="2">${inline('b')}</row>`) }),
    code: 'damaged',
    says: 'row 2',
  },
  {
    what: 'two cells of one name',
    kind: 'excel',
    content: sheet({ xml: rowsXml(`${HEADER_XML}<row r="2">${inline('a', 'A2')}${inline('b', 'A2')}</row>`) }),
    code: 'damaged',
    says: 'A2',
  },
  {
    what: 'a row beyond what Excel holds',
    kind: 'excel',
    content: sheet({ xml: rowsXml(`${HEADER_XML}<row r="1048577">${inline('a')}</row>`) }),
    code: 'tooLarge',
  },
  {
    what: 'a header without accounts in a sheet',
    kind: 'excel',
    content: sheet({ rows: [HEADER] }),
    code: 'emptyRoster',
  },
  {
    what: 'two columns of one name in a sheet',
    kind: 'excel',
    content: sheet({ rows: [['EMail', 'email '], ANA] }),
    code: 'repeatedHeader',
    says: 'cell B1',
  },
  {
    what: 'a column without a name in a sheet',
    kind: 'excel',
    content: sheet({
      rows: [
        [...HEADER, '', 'Role'],
        [...ANA, 'lost', 'USR'],
      ],
    }),
    code: 'missingHeader',
    says: 'cell C2',
  },
  {
    what: 'accounts without a header',
    kind: 'excel',
    content: sheet({
      rows: [
        ['ana@contoso.com', 1],
        ['bo@contoso.com', 2],
      ],
    }),
    code: 'noHeader',
  },
  {
    what: 'a NUL character in a cell',
    kind: 'excel',
    content: sheet({ rows: [HEADER, ['a', { attributes: 't="inlineStr"', xml: '<is><t>_x0000_</t></is>' }]] }),
    code: 'nulCharacter',
  },
  { what: 'an empty LDIF file', kind: 'ldif', content: '', code: 'emptyFile' },
  { what: 'LDIF without entries', kind: 'ldif', content: 'version: 1\n\n# nothing\n', code: 'emptyRoster' },
  { what: 'LDIF of another version', kind: 'ldif', content: `version: 2\n${DN}`, code: 'badVersion' },
  { what: 'a line that is no attribute', kind: 'ldif', content: `${DN}mail\n`, code: 'badLine', says: ':2:1:' },
  { what: 'a line that goes on with nothing', kind: 'ldif', content: ` x\n${DN}`, code: 'badLine', says: ':1:1:' },
  {
    what: 'an entry to be changed',
    kind: 'ldif',
    content: `${DN}changetype: modify\nreplace: mail\nmail: a\n-\n`,
    code: 'badLine',
  },
  {
    what: 'an entry to be deleted',
    kind: 'ldif',
    content: `${DN}changetype: delete\n`,
    code: 'changeRecord',
    says: ':2:',
  },
  {
    what: 'an entry with a control',
    kind: 'ldif',
    content: `${DN}control: 1.2.840.113556.1.4.805 true\nchangetype: delete\n`,
    code: 'changeRecord',
  },
  {
    what: 'a value at an address',
    kind: 'ldif',
    content: `${DN}jpegPhoto:< file:///etc/passwd\n`,
    code: 'urlValue',
    says: ':2:11:',
  },
  { what: 'a value in broken base64', kind: 'ldif', content: `${DN}mail:: a===\n`, code: 'badBase64' },
  { what: 'a record without a name', kind: 'ldif', content: 'mail: a@x.example\n', code: 'noName' },
  {
    what: 'a search that ran into a limit',
    kind: 'ldif',
    content: `${DN}mail: a\n\nsearch: 2\nresult: 4 Size limit exceeded\n`,
    code: 'searchFailed',
    says: 'Size limit',
  },
  { what: 'a part of the values', kind: 'ldif', content: `${DN}mail;range=0-1: a\n`, code: 'cutValues' },
  {
    what: 'a GUID of three bytes',
    kind: 'ldif',
    content: `${DN}objectGUID:: AAAA\n`,
    keys: { columns: { Id: 'objectGUID' } },
    code: 'notAGuid',
  },
  {
    what: 'bytes that are no text',
    kind: 'ldif',
    content: `${DN}mail:: /w==\n`,
    code: 'notText',
    says: 'column "EMail"',
  },
  {
    what: 'LDIF in an old encoding',
    kind: 'ldif',
    content: Buffer.from(`${DN}cn: Ren\xe9\n`, 'latin1'),
    code: 'invalidEncoding',
    says: ':2:8:',
  },
  { what: 'a web page in place of LDIF', kind: 'ldif', content: '<!DOCTYPE html><html></html>', code: 'htmlPage' },
  { what: 'csvde without DN', kind: 'csvde', content: 'mail,cn\na,b\n', code: 'noNameColumn' },
  { what: 'broken bytes in csvde', kind: 'csvde', content: `DN,mail\n"cn=a,dc=x",X'0'\n`, code: 'badHex', says: ':2:' },
  {
    what: 'a row of csvde that is too short',
    kind: 'csvde',
    content: 'DN,mail,cn\n"cn=a,dc=x",a\n',
    code: 'tooFewCells',
  },
  { what: 'groups alone', kind: 'csvde', content: 'DN,objectClass\n"cn=a,dc=x",group\n', code: 'emptyRoster' },
  {
    what: 'a record of another length',
    kind: 'text',
    content: `${'x'.repeat(30)}\n${'x'.repeat(29)}\n`,
    keys: { recordLength: 30 },
    code: 'wrongLength',
    says: ':2:30:',
  },
  {
    what: 'records that do not come out even',
    kind: 'text',
    content: 'x'.repeat(61),
    keys: { recordLength: 30 },
    code: 'wrongLength',
    says: ':3:2:',
  },
  {
    what: 'EBCDIC read as another code page',
    kind: 'text',
    content: inCodePage('ibm037', LINE),
    keys: { encoding: 'windows-1252' },
    code: 'controlByte',
  },
  {
    what: 'a control character',
    kind: 'text',
    content: `${LINE}b\u0002@contoso.com\n`,
    code: 'controlByte',
    says: ':2:2:',
  },
  {
    what: 'too few fields',
    kind: 'text',
    content: 'a:b:c\na:b\n',
    keys: { delimiter: ':', columns: ['x', 'y', 'z'] },
    code: 'wrongFields',
    says: ':2:4:',
  },
  {
    what: 'a field that is not there',
    kind: 'text',
    content: 'a:b\n',
    keys: { delimiter: ':', columns: { x: 3 } },
    code: 'wrongFields',
  },
  {
    what: 'no trailer',
    kind: 'text',
    content: `${LINE}${LINE}`,
    keys: { trailer: { at: '1-3', is: 'TRL' } },
    code: 'wrongTrailer',
    says: ':2:1:',
  },
  {
    what: 'a trailer that counts more',
    kind: 'text',
    content: `${LINE}TRL2\n`,
    keys: { trailer: { count: '4-' } },
    code: 'wrongCount',
    says: ':2:4:',
  },
  { what: 'a header and nothing more', kind: 'text', content: LINE, keys: { header: 1 }, code: 'emptyRoster' },
];

const BO = ['bo@contoso.com', 'Bo Li'];
const BOTH = [ANA, BO];
const AS_LDIF = 'dn: cn=Ana,dc=x\nmail: ana@contoso.com\ncn: Ana Ruiz\n';
const AS_CSVDE = 'DN,mail,cn\r\n"CN=Ana,DC=x",ana@contoso.com,Ana Ruiz\r\n';

const ODD: readonly (Case & { readonly cells?: readonly (readonly (string | null)[])[] })[] = [
  { what: 'a plain workbook', kind: 'excel', content: GOOD },
  {
    what: 'a workbook without styles and shared texts',
    kind: 'excel',
    content: workbook({
      sheets: [{ rows: [HEADER, ANA] }],
      inline: true,
      parts: { 'xl/styles.xml': null, 'xl/sharedStrings.xml': null },
    }),
  },
  {
    what: 'cells and rows without their names',
    kind: 'excel',
    content: sheet({
      xml: rowsXml(`<row>${inline('EMail')}${inline('Name')}</row><row>${inline(ANA[0]!)}${inline(ANA[1]!)}</row>`),
    }),
  },
  {
    what: 'elements with a prefix',
    kind: 'excel',
    content: sheet({
      xml: rowsXml(`${HEADER_XML}<row r="2">${inline(ANA[0]!)}${inline(ANA[1]!)}</row>`)
        .replace(/<(\/?)(?=\w)/g, '<$1x:')
        .replace('xmlns=', 'xmlns:x='),
    }),
  },
  {
    what: 'a sheet in UTF-16',
    kind: 'excel',
    content: sheet(
      {},
      {
        'xl/worksheets/sheet1.xml': Buffer.from(
          `\uFEFF${rowsXml(`${HEADER_XML}<row r="2">${inline(ANA[0]!)}${inline(ANA[1]!)}</row>`)}`,
          'utf16le',
        ),
      },
    ),
  },
  {
    what: 'parts named from the root',
    kind: 'excel',
    content: sheet(
      {},
      {
        '_rels/.rels':
          '<Relationships><Relationship Id="a" Type="x/officeDocument" Target="/xl/workbook.xml"/></Relationships>',
      },
    ),
  },
  {
    what: 'a part named in another case',
    kind: 'excel',
    content: sheet(
      {},
      {
        '_rels/.rels':
          '<Relationships><Relationship Id="a" Type="x/officeDocument" Target="XL/Workbook.xml"/></Relationships>',
      },
    ),
    cells: [ANA],
  },
  {
    what: 'a text in CDATA',
    kind: 'excel',
    content: sheet({
      xml: rowsXml(`${HEADER_XML}<row r="2">${inline(`<![CDATA[${ANA[0]}]]>`)}${inline(ANA[1]!)}</row>`),
    }),
  },
  {
    what: 'a hundred empty rows and columns behind',
    kind: 'excel',
    content: sheet({ rows: [[...HEADER, ...Array(100).fill('')], ANA, ...Array(100).fill(['', ' '])] }),
  },
  {
    what: 'a header far right and far down',
    kind: 'excel',
    content: sheet({
      rows: [...Array(30).fill([]), [...Array(30).fill(null), ...HEADER], [...Array(30).fill(null), ...ANA]],
    }),
  },
  {
    what: 'a format that is none',
    kind: 'excel',
    content: workbook({
      formats: ['[[['],
      sheets: [{ rows: [HEADER, [ANA[0]!, { attributes: 's="1"', xml: '<v>7</v>' }]] }],
    }),
    cells: [[ANA[0]!, '7']],
  },
  {
    what: 'a style that is not there',
    kind: 'excel',
    content: sheet({ rows: [HEADER, [ANA[0]!, { attributes: 's="99"', xml: '<v>7</v>' }]] }),
    cells: [[ANA[0]!, '7']],
  },
  {
    what: 'a cell with a style and no value',
    kind: 'excel',
    content: sheet({ rows: [HEADER, [ANA[0]!, { attributes: 's="0"' }]] }),
    cells: [[ANA[0]!, '']],
  },
  {
    what: 'another sheet that is hidden',
    kind: 'excel',
    content: workbook({ sheets: [{ rows: [HEADER, ANA] }, { name: 'x', state: 'hidden', rows: [HEADER] }] }),
  },
  { what: 'plain LDIF', kind: 'ldif', content: AS_LDIF },
  { what: 'LDIF with a mark and CR LF', kind: 'ldif', content: `\uFEFF${AS_LDIF.replaceAll('\n', '\r\n')}` },
  { what: 'LDIF in UTF-16', kind: 'ldif', content: Buffer.from(`\uFEFF${AS_LDIF}`, 'utf16le') },
  { what: 'LDIF without an end of its last line', kind: 'ldif', content: AS_LDIF.trimEnd() },
  {
    what: 'many empty lines between entries',
    kind: 'ldif',
    content: `\n\n\nversion: 1\n\n\n${AS_LDIF}\n\n\n\n${AS_LDIF}`,
    cells: [ANA, ANA],
  },
  { what: 'a value over several lines', kind: 'ldif', content: AS_LDIF.replace('ana@contoso', 'ana@\n con\n toso') },
  {
    what: 'a comment over several lines, among attributes',
    kind: 'ldif',
    content: AS_LDIF.replace('mail', '# a\n  b: c\nmail'),
  },
  {
    what: 'attributes in another case, without a blank',
    kind: 'ldif',
    content: AS_LDIF.replace('mail: ', 'MAIL:').replace('cn: Ana', 'Cn:   Ana'),
  },
  { what: 'base64 with blanks behind', kind: 'ldif', content: AS_LDIF.replace('cn: Ana Ruiz', 'cn:: QW5hIFJ1aXo= ') },
  {
    what: 'letters that should be in base64 and are not',
    kind: 'ldif',
    content: AS_LDIF.replace('Ana Ruiz', 'Añá'),
    cells: [[ANA[0]!, 'Añá']],
  },
  { what: 'an empty value', kind: 'ldif', content: AS_LDIF.replace('Ana Ruiz', ''), cells: [[ANA[0]!, '']] },
  { what: 'the last range of values', kind: 'ldif', content: AS_LDIF.replace('mail:', 'mail;range=0-*:') },
  { what: 'what ldifde writes', kind: 'ldif', content: AS_LDIF.replace('mail', 'changetype: add\nmail') },
  { what: 'plain csvde', kind: 'csvde', content: AS_CSVDE },
  {
    what: 'csvde with DN elsewhere, in another case',
    kind: 'csvde',
    content: 'mail,cn,dn\nana@contoso.com,Ana Ruiz,"CN=Ana,DC=x"\n',
  },
  { what: 'csvde in UTF-16', kind: 'csvde', content: Buffer.from(`\uFEFF${AS_CSVDE}`, 'utf16le') },
  {
    what: 'csvde with a semicolon in a value',
    kind: 'csvde',
    content: AS_CSVDE.replace('Ana Ruiz', 'Ruiz\\; Ana'),
    cells: [[ANA[0]!, 'Ruiz; Ana']],
  },
  { what: 'csvde with text as bytes', kind: 'csvde', content: AS_CSVDE.replace('Ana Ruiz', "X'416e61205275697a'") },
  { what: 'a plain text file', kind: 'text', content: LINE },
  { what: 'a text file without an end of its last line', kind: 'text', content: LINE.trimEnd() },
  { what: 'a mark of the end of DOS', kind: 'text', content: `${LINE}bo@contoso.com      Bo Li\r\n\x1a`, cells: BOTH },
  { what: 'lines that end early', kind: 'text', content: `${LINE}bo@contoso.com\n`, cells: [ANA, [BO[0]!, '']] },
  { what: 'lines that go on', kind: 'text', content: LINE.replace('\n', '                    \n') },
  { what: 'blank lines and a comment', kind: 'text', content: `\n* a comment\n   \n${LINE}`, keys: { comment: '*' } },
  {
    what: 'EBCDIC with low values',
    kind: 'text',
    content: inCodePage('ibm500', `${LINE.trimEnd()}\0\0`),
    keys: { encoding: 'ibm500', recordLength: LINE.length + 1 },
  },
];

describe('a broken file gives its own error, with what to do, and no roster', () => {
  test.for(BROKEN)('$what: $code', async (broken) => {
    const error = await cellsOf(broken).then(
      () => expect.fail('the file was read'),
      (reason) => reason,
    );
    expect(error).toBeInstanceOf(SourceError);
    expect(error.code).toBe(broken.code);
    expect(error.message).toContain(error.place.file);
    expect(error.message).toContain(broken.says ?? '');
    expect(error.remedy).toMatch(/\.$/);
  });
});

describe('an odd file that is right is read', () => {
  test.for(ODD)('$what', async (odd) => {
    expect(await cellsOf(odd)).toEqual(odd.cells ?? [ANA]);
  });
});

test('the tables are as long as they should be, and their names are all different', () => {
  for (const table of [BROKEN, ODD]) {
    expect(table.length).toBeGreaterThanOrEqual(30);
    expect(new Set(table.map(({ what }) => what)).size).toBe(table.length);
  }
});
