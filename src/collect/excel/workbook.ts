// A workbook: which sheets it has, and what all of them share: texts, number formats, the system of dates.
import { getFormatFromId } from 'numfmt';
import type { Archive } from './archive.ts';
import { excelError } from './errors.ts';
import { PackedTexts, readSharedStrings } from './strings.ts';
import { type Attributes, readXml } from './xml.ts';

export interface Sheet {
  readonly name: string;
  readonly hidden: boolean;
  /** The name of its part. */
  readonly part: string;
}

export interface Workbook {
  /** In their order; charts and the like are left out. */
  readonly sheets: readonly Sheet[];
  readonly texts: PackedTexts;
  /** Codes of number formats, by the number of a cell's style. */
  readonly formats: readonly string[];
  /** Whether days are counted from 1904, as the first Macintosh did. */
  readonly from1904: boolean;
}

/** Reads all of a workbook but its sheets. Errors: {@link SourceError}, {@link XmlFault}. */
export const readWorkbook = async (file: string, archive: Archive): Promise<Workbook> => {
  const main = (await relationsOf(archive, '')).find(({ type }) => type === 'officeDocument')?.target;
  if (main === undefined || !archive.has(main)) throw notAWorkbook(file, archive);
  if (main.endsWith('.bin')) {
    throw excelError('otherWorkbook', file, 'this is a binary workbook (.xlsb)');
  }
  const relations = await relationsOf(archive, main);
  const { sheets, from1904, isWorkbook } = await readMain(archive, main, relations);
  if (!isWorkbook) throw notAWorkbook(file, archive);
  const part = (kind: string) => relations.find(({ type, target }) => type === kind && archive.has(target))?.target;
  const [texts, styles] = [part('sharedStrings'), part('styles')];
  return {
    sheets,
    texts: texts === undefined ? new PackedTexts() : await readSharedStrings(archive.bytes(texts)),
    formats: styles === undefined ? [] : await readFormats(archive, styles),
    from1904,
  };
};

const notAWorkbook = (file: string, archive: Archive) => {
  if (archive.has('mimetype') && archive.has('content.xml')) {
    return excelError('otherWorkbook', file, 'this is an OpenDocument file (.ods)');
  }
  return archive.has('[Content_Types].xml')
    ? excelError('otherFormat', file, 'this is an Office document, but no workbook')
    : excelError('compressed', file, 'this is a ZIP archive, not an Excel workbook');
};

interface Relation {
  readonly id: string;
  /** The last word of its type: `worksheet`. Those of the two editions of the standard differ before it. */
  readonly type: string;
  readonly target: string;
}

/** What a part refers to; none where it has no list of that. */
export const relationsOf = async (archive: Archive, part: string): Promise<readonly Relation[]> => {
  const slash = part.lastIndexOf('/') + 1;
  const list = `${part.slice(0, slash)}_rels/${part.slice(slash)}.rels`;
  const relations: Relation[] = [];
  if (!archive.has(list)) return relations;
  await read(archive, list, (name, attributes) => {
    const { Id: id = '', Type: type = '', Target: target = '' } = attributes;
    if (name !== 'Relationship' || attributes['TargetMode'] === 'External') return;
    const { pathname } = new URL(target.replaceAll('\\', '/'), `part:/${part}`);
    relations.push({ id, type: type.slice(type.lastIndexOf('/') + 1), target: decodeURIComponent(pathname).slice(1) });
  });
  return relations;
};

const readMain = async (archive: Archive, part: string, relations: readonly Relation[]) => {
  const sheets: Sheet[] = [];
  let from1904 = false;
  let isWorkbook = false;
  await read(archive, part, (name, attributes) => {
    if (name === 'workbook') isWorkbook = true;
    else if (name === 'workbookPr') from1904 = isTrue(attributes['date1904']);
    else if (name === 'sheet') {
      // Its prefix is chosen by who wrote the file.
      const id = Object.entries(attributes).find(([key]) => key.endsWith(':id'))?.[1];
      const relation = relations.find((each) => each.id === id && each.type === 'worksheet');
      if (!relation) return;
      const hidden = ['hidden', 'veryHidden'].includes(attributes['state'] ?? '');
      sheets.push({ name: attributes['name'] ?? '', hidden, part: relation.target });
    }
  });
  return { sheets, from1904, isWorkbook };
};

const readFormats = async (archive: Archive, part: string): Promise<readonly string[]> => {
  const own = new Map<number, string>();
  const formats: string[] = [];
  let inCells = false;
  await read(
    archive,
    part,
    (name, attributes) => {
      if (name === 'cellXfs') inCells = true;
      else if (name === 'numFmt') own.set(Number(attributes['numFmtId']), attributes['formatCode'] ?? 'General');
      else if (name === 'xf' && inCells) {
        const id = Number(attributes['numFmtId'] ?? 0);
        formats.push(own.get(id) ?? getFormatFromId(id) ?? 'General');
      }
    },
    (name) => {
      if (name === 'cellXfs') inCells = false;
    },
  );
  return formats;
};

const read = async (
  archive: Archive,
  part: string,
  open: (name: string, attributes: Attributes) => void,
  close: (name: string) => void = () => {},
): Promise<void> => {
  for await (const _ of readXml(archive.bytes(part), { open, close }));
};

/** ECMA-376 lets a boolean be written in two ways. */
export const isTrue = (written: string | undefined): boolean => written === '1' || written === 'true';
