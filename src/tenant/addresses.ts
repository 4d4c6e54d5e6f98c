// How an address is read: segments, keys in parentheses, and the pattern that it fits.
import { badRequest, malformed } from './errors.ts';

/** How an object is named in an address: by id, or by an alternate key. */
export interface Key {
  readonly property: string;
  readonly value: string;
}

interface Segment {
  readonly text: string;
  /** In parentheses behind the name: `users('ana@contoso.com')`, `applications(appId='…')`. */
  readonly key: Key | undefined;
}

export interface Place<T> {
  /** The pattern: `/users/{id}/manager`. */
  readonly pattern: string;
  readonly found: T;
  /** For each `{id}` of the pattern. */
  readonly keys: readonly Key[];
}

interface Node<T> {
  readonly names: Map<string, Node<T>>;
  id: Node<T> | undefined;
  leaf: { readonly pattern: string; readonly found: T } | undefined;
}

const emptyNode = <T>(): Node<T> => ({ names: new Map(), id: undefined, leaf: undefined });

/** Makes a finder of patterns such as `/users/{id}/manager/$ref`. A name is preferred to an id. */
export const finderOf = <T>(patterns: Readonly<Record<string, T>>): ((path: string) => Place<T>) => {
  const root = emptyNode<T>();
  for (const [pattern, found] of Object.entries(patterns)) {
    let node = root;
    for (const part of pattern.split('/').slice(1)) node = part === '{id}' ? idOf(node) : nameOf(node, part);
    node.leaf = { pattern, found };
  }
  return (path) => {
    const keys: Key[] = [];
    let node = root;
    for (const { text, key } of segmentsOf(path)) {
      const named = node.names.get(text);
      const next = named ?? (key === undefined && !text.startsWith('$') ? node.id : undefined);
      if (!next) throw badRequest(`Resource not found for the segment '${text}'.`);
      if (!named) keys.push({ property: 'id', value: text });
      node = next;
      if (key === undefined) continue;
      if (!node.id) throw badRequest(`Resource not found for the segment '${text}'.`);
      keys.push(key);
      node = node.id;
    }
    if (!node.leaf) throw malformed('The request URI does not name a resource.');
    return { ...node.leaf, keys };
  };
};

const nameOf = <T>(node: Node<T>, name: string): Node<T> => {
  const next = node.names.get(name) ?? emptyNode<T>();
  node.names.set(name, next);
  return next;
};

const idOf = <T>(node: Node<T>): Node<T> => {
  node.id ??= emptyNode<T>();
  return node.id;
};

const WITH_KEY = /^([\w.]+)\((?:(\w+)=)?'(.*)'\)$/s;

/** Segments, decoded one by one: a slash inside the quotes of a key in parentheses belongs to the key. */
const segmentsOf = (path: string): readonly Segment[] =>
  (path.match(/[^/(]+(?:\((?:[^')]|'[^']*')*\))?/g) ?? []).map((part) => {
    const text = decoded(part);
    const set = WITH_KEY.exec(text);
    // A function that takes nothing can be called with empty parentheses.
    if (!set) return { text: text.replace(/\(\)$/, ''), key: undefined };
    return { text: set[1]!, key: { property: set[2] ?? 'id', value: set[3]!.replaceAll("''", "'") } };
  });

const decoded = (part: string): string => {
  try {
    return decodeURIComponent(part);
  } catch {
    throw badRequest('The request URI is malformed: it contains an invalid percent-encoding.');
  }
};
