// Which columns are worth naming, judged by the first records of an API.
import { isGroup } from './pages.ts';

const LOOKED_AT = 100;
const DEEPEST = 4;

/** Names of columns, each with the JMESPath to its value: what holds one value in at least one record. */
export const proposeFrom = (records: readonly Readonly<Record<string, unknown>>[]): Record<string, string> => {
  const paths = new Map<string, readonly string[]>();
  const lists = new Set<string>();
  for (const record of records.slice(0, LOOKED_AT)) walk(record, [], paths, lists);
  const columns: Record<string, string> = {};
  const short = (path: readonly string[]) => path.at(-1)!;
  const all = [...paths];
  for (const [expression, path] of all) {
    const clash = all.some(([other, otherPath]) => other !== expression && short(otherPath) === short(path));
    columns[clash ? path.join('.') : short(path)] = lists.has(expression)
      ? `join('; ', ${expression} || \`[]\`)`
      : expression;
  }
  return columns;
};

const walk = (
  record: Readonly<Record<string, unknown>>,
  above: readonly string[],
  paths: Map<string, readonly string[]>,
  lists: Set<string>,
): void => {
  for (const [key, value] of Object.entries(record)) {
    const path = [...above, key];
    const expression = path.map(identifier).join('.');
    if (isGroup(value)) {
      if (path.length < DEEPEST) walk(value, path, paths, lists);
    } else if (Array.isArray(value)) {
      if (value.length === 0 || !value.every((each) => typeof each === 'string')) continue;
      paths.set(expression, path);
      lists.add(expression);
    } else if (value !== null) {
      paths.set(expression, path);
    }
  }
};

/** As JMESPath writes a name: in quotes where it is not a plain one. */
const identifier = (name: string): string => (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? name : JSON.stringify(name));
