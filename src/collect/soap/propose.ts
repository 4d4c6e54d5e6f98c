// Which columns are worth naming, judged by the first records of a SOAP service.
import { childElements, type Element } from './xml.ts';

const LOOKED_AT = 100;
const DEEPEST = 3;

/** Names of columns, each with its XPath: attributes, and elements that hold a text and come once. */
export const proposeFrom = (records: readonly Element[]): Record<string, string> => {
  const columns: Record<string, string> = {};
  for (const record of records.slice(0, LOOKED_AT)) {
    for (const { name, prefix } of record.attributes)
      if (prefix === null && name !== 'xmlns') columns[name] ??= `@${name}`;
    walk(record, [], columns);
  }
  return columns;
};

const walk = (element: Element, above: readonly string[], columns: Record<string, string>): void => {
  const children = childElements(element);
  for (const child of children) {
    const path = [...above, child.localName];
    const xPath = path.map((name) => `*:${name}`).join('/');
    const isOne = children.filter(({ localName }) => localName === child.localName).length === 1;
    if (childElements(child).length === 0) columns[path.join('.')] ??= isOne ? xPath : `string-join(${xPath}, '; ')`;
    else if (isOne && path.length < DEEPEST) walk(child, path, columns);
  }
};
