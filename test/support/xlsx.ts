// Writes Excel workbooks for tests, as Excel writes them, or wrong in one place.
import { strToU8, Zip, ZipDeflate, type Zippable, zipSync } from 'fflate';

/** A text, a number, or a cell's attributes and content as XML. */
export type CellText = string | number | null | { readonly attributes?: string; readonly xml?: string };

export interface SheetText {
  readonly name?: string;
  readonly state?: 'hidden' | 'veryHidden';
  readonly rows?: readonly (readonly CellText[])[];
  /** Attributes of rows, by number. */
  readonly rowAttributes?: Readonly<Record<number, string>>;
  /** XML before and after the rows. */
  readonly before?: string;
  readonly after?: string;
  /** Takes the place of the whole sheet. */
  readonly xml?: string;
  /** Attributes of its table. */
  readonly table?: string;
}

export interface WorkbookText {
  readonly sheets: readonly SheetText[];
  /** Codes of number formats; the style of a cell counts from 1, 0 is General. */
  readonly formats?: readonly string[];
  readonly from1904?: boolean;
  /** Texts stand in their cells, not in a part of their own. */
  readonly inline?: boolean;
  /** Parts that are added, or take the place of others; null takes one away. */
  readonly parts?: Readonly<Record<string, string | Uint8Array | null>>;
}

const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const RELATIONS = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';

export const xml = (text: string): string =>
  text.replace(/[&<>"\r]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign] ?? '_x000D_');

export const workbook = (written: WorkbookText): Buffer => {
  const texts = new Map<string, number>();
  const { sheets, formats = [], parts: others = {} } = written;
  const parts: Record<string, string | Uint8Array | null> = {
    '[Content_Types].xml': `${DECLARATION}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`,
    '_rels/.rels': relations(['officeDocument', 'xl/workbook.xml']),
    'xl/workbook.xml': mainPart(written),
    'xl/_rels/workbook.xml.rels': relations(
      ...sheets.map((_, i) => ['worksheet', `worksheets/sheet${i + 1}.xml`] as const),
      ['styles', 'styles.xml'],
      ['sharedStrings', 'sharedStrings.xml'],
    ),
    'xl/styles.xml': stylesPart(formats),
  };
  sheets.forEach((sheet, i) => {
    parts[`xl/worksheets/sheet${i + 1}.xml`] = sheet.xml ?? sheetPart(sheet, written.inline ? undefined : texts);
    if (sheet.table === undefined) return;
    parts[`xl/worksheets/_rels/sheet${i + 1}.xml.rels`] = relations(['table', `../tables/table${i + 1}.xml`]);
    parts[`xl/tables/table${i + 1}.xml`] = `${DECLARATION}<table xmlns="${MAIN}" id="1" name="T" ${sheet.table}/>`;
  });
  const items = [...texts.keys()].map((text) => `<si><t xml:space="preserve">${xml(text)}</t></si>`).join('');
  parts['xl/sharedStrings.xml'] = `${DECLARATION}<sst xmlns="${MAIN}">${items}</sst>`;
  const zipped: Zippable = {};
  for (const [name, content] of Object.entries({ ...parts, ...others })) {
    if (content !== null) zipped[name] = typeof content === 'string' ? strToU8(content) : content;
  }
  return Buffer.from(zipSync(zipped, { level: 6 }));
};

/** A workbook of one sheet of texts, in pieces of its file: for more rows than are wanted in memory. */
export const workbookPieces = function* (
  header: readonly string[],
  rows: Iterable<readonly string[]>,
): Generator<Uint8Array> {
  let pieces: Uint8Array[] = [];
  const zip = new Zip((error, piece) => {
    if (error) throw error;
    pieces.push(piece);
  });
  const part = (name: string): ZipDeflate => {
    const entry = new ZipDeflate(name, { level: 1 });
    zip.add(entry);
    return entry;
  };
  const sheets = [{}];
  part('_rels/.rels').push(strToU8(relations(['officeDocument', 'xl/workbook.xml'])), true);
  part('xl/workbook.xml').push(strToU8(mainPart({ sheets })), true);
  const inWorkbook = relations(
    ['worksheet', 'worksheets/sheet1.xml'],
    ['styles', 'styles.xml'],
    ['sharedStrings', 'sharedStrings.xml'],
  );
  part('xl/_rels/workbook.xml.rels').push(strToU8(inWorkbook), true);
  part('xl/styles.xml').push(strToU8(stylesPart([])), true);
  const texts = new Map<string, number>();
  const sheet = part('xl/worksheets/sheet1.xml');
  const [before, after] = sheetPart({}, texts).split('</sheetData>');
  sheet.push(strToU8(before!));
  let waiting = rowXml(header, 1, '', texts);
  let n = 1;
  for (const cells of rows) {
    n += 1;
    waiting += rowXml(cells, n, '', texts);
    if (waiting.length < PIECE) continue;
    sheet.push(strToU8(waiting));
    waiting = '';
    yield* pieces;
    pieces = [];
  }
  sheet.push(strToU8(`${waiting}</sheetData>${after}`), true);
  const shared = part('xl/sharedStrings.xml');
  waiting = `${DECLARATION}<sst xmlns="${MAIN}">`;
  for (const text of texts.keys()) {
    waiting += `<si><t xml:space="preserve">${xml(text)}</t></si>`;
    if (waiting.length < PIECE) continue;
    shared.push(strToU8(waiting));
    waiting = '';
    yield* pieces;
    pieces = [];
  }
  shared.push(strToU8(`${waiting}</sst>`), true);
  zip.end();
  yield* pieces;
};

/** Characters that are packed at once. */
const PIECE = 2 ** 18;

const relations = (...targets: readonly (readonly [type: string, target: string])[]): string =>
  `${DECLARATION}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${targets
    .map(([type, target], i) => `<Relationship Id="rId${i + 1}" Type="${RELATIONS}/${type}" Target="${target}"/>`)
    .join('')}</Relationships>`;

const mainPart = ({ sheets, from1904 }: WorkbookText): string => {
  const listed = sheets.map(({ name = 'Users', state }, i) => {
    const hidden = state === undefined ? '' : ` state="${state}"`;
    return `<sheet name="${xml(name)}" sheetId="${i + 1}"${hidden} r:id="rId${i + 1}"/>`;
  });
  const system = from1904 ? '<workbookPr date1904="1"/>' : '<workbookPr/>';
  return `${DECLARATION}<workbook xmlns="${MAIN}" xmlns:r="${RELATIONS}">${system}<sheets>${listed.join('')}</sheets></workbook>`;
};

const stylesPart = (formats: readonly string[]): string => {
  const own = formats.map((code, i) => `<numFmt numFmtId="${164 + i}" formatCode="${xml(code)}"/>`).join('');
  const used = formats.map((_, i) => `<xf numFmtId="${164 + i}" applyNumberFormat="1"/>`).join('');
  return `${DECLARATION}<styleSheet xmlns="${MAIN}"><numFmts>${own}</numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/>${used}</cellXfs></styleSheet>`;
};

const sheetPart = (sheet: SheetText, texts: Map<string, number> | undefined): string => {
  const rows = (sheet.rows ?? []).map((cells, i) => rowXml(cells, i + 1, sheet.rowAttributes?.[i + 1] ?? '', texts));
  return `${DECLARATION}<worksheet xmlns="${MAIN}">${sheet.before ?? ''}<sheetData>${rows.join('')}</sheetData>${sheet.after ?? ''}</worksheet>`;
};

const rowXml = (
  cells: readonly CellText[],
  row: number,
  attributes: string,
  texts: Map<string, number> | undefined,
): string =>
  `<row r="${row}" ${attributes}>${cells.map((cell, column) => cellXml(cell, `${letters(column)}${row}`, texts)).join('')}</row>`;

const cellXml = (cell: CellText, name: string, texts: Map<string, number> | undefined): string => {
  if (cell === null) return '';
  if (typeof cell === 'number') return `<c r="${name}"><v>${cell}</v></c>`;
  if (typeof cell === 'object') return `<c r="${name}" ${cell.attributes ?? ''}>${cell.xml ?? ''}</c>`;
  if (!texts) return `<c r="${name}" t="inlineStr"><is><t xml:space="preserve">${xml(cell)}</t></is></c>`;
  const index = texts.get(cell) ?? texts.size;
  texts.set(cell, index);
  return `<c r="${name}" t="s"><v>${index}</v></c>`;
};

const letters = (column: number): string =>
  (column < 26 ? '' : letters(Math.floor(column / 26) - 1)) + String.fromCharCode(65 + (column % 26));
