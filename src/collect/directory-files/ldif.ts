// LDIF files (RFC 2849), as ldifde, ldapsearch and slapcat write them.
import { plainAttribute } from '../directory-values.ts';
import { type Line, readLines } from '../text-file.ts';
import type { FileEntry } from './entry.ts';
import { directoryFileError } from './errors.ts';

/** What is known of a file when its last entry has passed. */
export interface LdifFacts {
  /** Addresses of other servers that keep a part; ldapsearch writes them as records of their own. */
  readonly referrals: string[];
}

/** A line with those that go on with it. */
interface Field {
  readonly line: number;
  readonly text: string;
}

interface Value {
  readonly line: number;
  readonly type: string;
  readonly bytes: Buffer;
}

/** The entries of a file, in handfuls. Errors: {@link SourceError}, with line and column. */
export async function* ldifEntries(
  file: string,
  encoding: string,
  facts: LdifFacts,
  signal: AbortSignal,
): AsyncGenerator<readonly FileEntry[]> {
  let entries: FileEntry[] = [];
  const end = (record: readonly Field[]) => {
    const entry = entryOf(file, record, facts);
    if (entry) entries.push(entry);
  };
  let record: Field[] = [];
  let open: { line: number; parts: string[] } | undefined;
  const closeField = () => {
    if (open && !open.parts[0]!.startsWith('#')) record.push({ line: open.line, text: open.parts.join('') });
    open = undefined;
  };
  const take = ({ number, text }: Line) => {
    if (text.startsWith(' ')) {
      if (!open)
        throw directoryFileError('badLine', file, 'the line goes on with nothing', { line: number, column: 1 });
      open.parts.push(text.slice(1));
      return;
    }
    closeField();
    if (text !== '') {
      open = { line: number, parts: [text] };
    } else if (record.length > 0) {
      end(record);
      record = [];
    }
  };
  for await (const lines of readLines(file, encoding, signal, directoryFileError)) {
    for (const line of lines) take(line);
    yield entries;
    entries = [];
  }
  closeField();
  if (record.length > 0) end(record);
  yield entries;
}

/** The entry that a record is; undefined where it is of another kind that says nothing wrong. */
const entryOf = (file: string, record: readonly Field[], facts: LdifFacts): FileEntry | undefined => {
  const values = record.map((field) => readField(file, field));
  while (values[0] && isVersion(file, values[0])) values.shift();
  const [first, ...rest] = values;
  if (!first) return undefined;
  if (first.type.toLowerCase() !== 'dn') {
    return otherRecord(file, values, facts);
  }
  const added = refuseChanges(file, rest);
  return ldifEntry(file, first, added);
};

const FIELD = /^([A-Za-z0-9][A-Za-z0-9.-]*(?:;[A-Za-z0-9=*-]+)*):([:<]?) *(.*)$/su;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

const readField = (file: string, { line, text }: Field): Value => {
  const [, type, sign, value] = FIELD.exec(text) ?? [];
  if (type === undefined || value === undefined) {
    throw directoryFileError('badLine', file, 'the line is no "attribute: value"', { line, column: 1 });
  }
  const column = type.length + 2;
  if (sign === '<') {
    throw directoryFileError('urlValue', file, `the value of ${type} stands elsewhere, at an address`, {
      line,
      column,
    });
  }
  if (sign !== ':') return { line, type, bytes: Buffer.from(value) };
  const digits = value.trimEnd();
  if (!BASE64.test(digits)) {
    throw directoryFileError('badBase64', file, `the value of ${type} is not base64`, { line, column });
  }
  return { line, type, bytes: Buffer.from(digits, 'base64') };
};

const isVersion = (file: string, { type, bytes, line }: Value): boolean => {
  if (type.toLowerCase() !== 'version') return false;
  const version = bytes.toString();
  if (version === '1') return true;
  throw directoryFileError('badVersion', file, `this is LDIF of version ${version.slice(0, 20)}`, { line });
};

/** ldapsearch writes how the search ended, and which other servers keep a part. */
const otherRecord = (file: string, values: readonly Value[], { referrals }: LdifFacts): undefined => {
  const [first] = values;
  const result = values.find(({ type }) => type === 'result');
  if (first!.type === 'search' && result) {
    const said = result.bytes.toString();
    if (/^0\b/.test(said)) return undefined;
    throw directoryFileError('searchFailed', file, `the search did not end well: ${said.slice(0, 200)}`, {
      line: result.line,
    });
  }
  if (values.every(({ type }) => type.toLowerCase() === 'ref')) {
    referrals.push(...values.map(({ bytes }) => bytes.toString()));
    return undefined;
  }
  throw directoryFileError('noName', file, `the record begins with ${first!.type}, not with dn`, { line: first!.line });
};

/** A file of changes tells what to do, not what there is. ldifde writes "add" into what is a plain export. */
const refuseChanges = (file: string, values: readonly Value[]): readonly Value[] => {
  const [first] = values;
  const type = first?.type.toLowerCase();
  if (type !== 'changetype' && type !== 'control') return values;
  const change = first!.bytes.toString().trim();
  if (type === 'changetype' && change.toLowerCase() === 'add') return values.slice(1);
  const what = type === 'control' ? 'a change with a control' : `a change ("${change.slice(0, 20)}")`;
  throw directoryFileError('changeRecord', file, `the record is ${what}, not an entry`, { line: first!.line });
};

/** `member;range=0-1499`: not all of them, unless it ends in a star. */
const RANGE = /;range=\d+-(\d+|\*)/i;

const ldifEntry = (file: string, { line, bytes }: Value, written: readonly Value[]): FileEntry => {
  const values = new Map<string, Buffer[]>();
  const cut = new Map<string, Value>();
  for (const value of written) {
    const key = plainAttribute(value.type.replace(RANGE, ''));
    const [, to] = RANGE.exec(value.type) ?? [];
    if (to !== undefined && to !== '*') cut.set(key, value);
    const known = values.get(key);
    if (known) known.push(value.bytes);
    else values.set(key, [value.bytes]);
  }
  return {
    line,
    dn: bytes.toString(),
    attributes: [...new Set(written.map(({ type }) => type.replace(RANGE, '')))],
    values: (attribute) => {
      const part = cut.get(attribute);
      if (part) {
        const message = `the file holds only a part of the values: ${part.type}`;
        throw directoryFileError('cutValues', file, message, { line: part.line });
      }
      return values.get(attribute) ?? [];
    },
  };
};
