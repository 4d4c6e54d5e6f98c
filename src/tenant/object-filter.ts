// A filter held against one object in memory: for the kinds of which there are few.
import { badRequest } from './errors.ts';
import { type Filter, isBare, type Literal } from './filter.ts';

type Plain = Readonly<Record<string, unknown>>;

interface Variable {
  readonly name: string;
  readonly value: unknown;
}

/** How text is made ready for comparison. */
type Fold = (text: string) => string;

/** Whether an object is what the filter asks for. Text is compared without regard to case. */
export const matches = (filter: Filter, object: Plain): boolean => holds(filter, object, (text) => text.toLowerCase());

/** The same, letter by letter. */
export const matchesExactly = (filter: Filter, object: Plain): boolean => holds(filter, object, (text) => text);

const holds = (filter: Filter, object: Plain, fold: Fold, variable?: Variable): boolean => {
  const part = (of: Filter, inner = variable): boolean => holds(of, object, fold, inner);
  const read = (path: string): unknown => {
    const parts = path.split('/');
    const inVariable = variable !== undefined && parts[0] === variable.name;
    return (inVariable ? parts.slice(1) : parts).reduce<unknown>(
      (value, part) => (typeof value === 'object' && value !== null ? (value as Plain)[part] : undefined),
      inVariable ? variable.value : object,
    );
  };
  switch (filter.kind) {
    case 'and':
      return part(filter.left) && part(filter.right);
    case 'or':
      return part(filter.left) || part(filter.right);
    case 'not':
      return !part(filter.of);
    case 'compare':
      return compared(read(filter.path), filter.operator, filter.value, fold);
    case 'in':
      return filter.values.some((value) => compared(read(filter.path), 'eq', value, fold));
    case 'text': {
      const text = read(filter.path);
      if (typeof text !== 'string') return false;
      const [whole, part] = [fold(text), fold(filter.value)];
      if (filter.function === 'startsWith') return whole.startsWith(part);
      return filter.function === 'endsWith' ? whole.endsWith(part) : whole.includes(part);
    }
    case 'any': {
      const list = read(filter.path);
      if (!Array.isArray(list)) return false;
      const { of, variable: name } = filter;
      return of === undefined ? list.length > 0 : list.some((value) => part(of, { name, value }));
    }
    case 'count': {
      const list = read(filter.path);
      return compared(Array.isArray(list) ? list.length : 0, filter.operator, filter.value, fold);
    }
    case 'all':
      throw badRequest("The 'all' operator is not supported.");
    default:
      return filter satisfies never;
  }
};

const compared = (found: unknown, operator: string, wanted: Literal, fold: Fold): boolean => {
  const [a, b] = [comparable(found, fold), comparable(isBare(wanted) ? wanted.bare : wanted, fold)];
  switch (operator) {
    case 'eq':
      return a === b;
    case 'ne':
      return a !== b;
    case 'gt':
      return a !== null && b !== null && a > b;
    case 'ge':
      return a !== null && b !== null && a >= b;
    case 'lt':
      return a !== null && b !== null && a < b;
    default:
      return a !== null && b !== null && a <= b;
  }
};

const DATE = /^\d{4}-\d{2}-\d{2}T/;

const comparable = (value: unknown, fold: Fold): string | number | null => {
  if (value === undefined || value === null) return null;
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  const text = String(value);
  return DATE.test(text) && !Number.isNaN(Date.parse(text)) ? Date.parse(text) : fold(text);
};
