// The configuration as text: YAML, and where in the file each of its parts stands.
import { readFile } from 'node:fs/promises';
import { isMap, isNode, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { ConfigError, type ConfigProblem, type FilePlace } from '../model/errors.ts';

export type Path = readonly PropertyKey[];

/** A YAML file that was read. */
export interface WrittenDocument {
  readonly file: string;
  /** Plain values, as JSON has them. */
  readonly data: unknown;
  /** Where the value at a path stands, or the nearest part around it that is there. */
  placeOf(path: Path): FilePlace;
  /** Where the key at the end of a path stands. */
  keyPlaceOf(path: Path): FilePlace;
}

/** Reads a YAML file. Throws {@link ConfigError} if it is not there, is not text or is not YAML. */
export const readDocument = async (file: string): Promise<WrittenDocument> => {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    const missing = error.code === 'ENOENT';
    const message = missing ? 'there is no such file' : `it cannot be read (${error.code ?? error.message})`;
    throw new ConfigError(
      [{ place: { file }, message }],
      missing
        ? 'Write one with "rollcall init", or name another with --config.'
        : 'Make it a file that you may read, or name another with --config.',
    );
  });
  return parseYaml(file, decode(file, bytes));
};

const decode = (file: string, bytes: Buffer): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new ConfigError([{ place: { file }, message: 'it is not UTF-8 text' }], 'Save it as UTF-8.');
  }
};

/** Parses YAML. Throws {@link ConfigError} with every problem of its syntax. */
export const parseYaml = (file: string, text: string): WrittenDocument => {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true });
  const at = (offset: number): FilePlace => {
    const { line, col } = lines.linePos(offset);
    return { file, line, column: col };
  };
  const problems: ConfigProblem[] = [...document.errors, ...document.warnings].map(({ message, pos }) => ({
    place: at(pos[0]),
    message: withoutSource(message),
  }));
  if (problems.length > 0) throw new ConfigError(problems);
  return {
    file,
    data: plainData(file, document),
    placeOf: (path) => {
      const start = startOf(nodeAt(document.contents, path, false));
      return start === undefined ? { file } : at(start);
    },
    keyPlaceOf: (path) => {
      const start = startOf(nodeAt(document.contents, path, true));
      return start === undefined ? { file } : at(start);
    },
  };
};

/** Messages about syntax quote the text at fault, which can be a secret. */
const withoutSource = (message: string): string => {
  // What follows is the text itself: the letters after the backslash.
  if (/^Invalid escape sequence/u.test(message)) {
    return 'a backslash in double quotes begins an escape; write the path with / or in single quotes';
  }
  return message
    .replace(/[:"'].*$/su, '')
    .trim()
    .replace(/^./u, (first) => first.toLowerCase());
};

const plainData = (file: string, document: ReturnType<typeof parseDocument>): unknown => {
  try {
    return document.toJS();
  } catch {
    throw new ConfigError([{ place: { file }, message: 'an alias names no anchor, or there are too many aliases' }]);
  }
};

const startOf = (node: Node | null): number | undefined => node?.range?.[0];

/** The deepest node on the way along a path; with `key`, of the last step the key and not its value. */
const nodeAt = (root: Node | null, path: Path, key: boolean): Node | null => {
  let node = root;
  for (const [index, step] of path.entries()) {
    let next: unknown;
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(step));
      const wantsKey = key && index === path.length - 1;
      // An empty value has no place worth showing: its key has.
      next = wantsKey || !isFilled(pair?.value) ? pair?.key : pair?.value;
    } else if (isSeq(node)) {
      next = node.items[Number(step)];
    }
    if (!isNode(next)) return node;
    node = next;
  }
  return node;
};

const isFilled = (value: unknown): boolean => isNode(value) && !(isScalar(value) && value.value === null);

/** A path as people write it: `match[0].attribute`. */
export const pathText = (path: Path): string =>
  path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`))
    .join('')
    .replace(/^\./, '');
