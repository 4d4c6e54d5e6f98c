// JMESPaths that only go from key to key: those alone can be followed while a document is still coming.

/** A name, or one in quotes without anything that would have to be read in its own way. */
const KEY = /^(?:([A-Za-z_][A-Za-z0-9_]*)|"([^"\\.*]+)")$/;

/** The keys of a path such as `data.people`; none of `@`, which is the document itself. Undefined for all other expressions. */
export const plainPath = (expression: string): readonly string[] | undefined => {
  if (expression.trim() === '@') return [];
  const keys = expression.split('.').map((part) => {
    const [, name, quoted] = KEY.exec(part.trim()) ?? [];
    return name ?? quoted;
  });
  return keys.every((key) => key !== undefined) ? keys : undefined;
};
