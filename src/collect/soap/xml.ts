// XML of services: read without document types, and asked by XPath.
import fontoxpath from 'fontoxpath';
import { type Document, type Element, type Node, parseXmlDocument } from 'slimdom';
import type { Cell } from '../../model/account.ts';
import type { ServerPlace } from '../../model/errors.ts';
import type { Answer } from '../http/client.ts';
import { webError } from '../http/errors.ts';
import { type SoapDefect, soapError } from './errors.ts';

// The package is CommonJS: its functions come all together.
const { evaluateXPath, evaluateXPathToNodes } = fontoxpath;

export type { Document, Element, Node };

const XSI = 'http://www.w3.org/2001/XMLSchema-instance';
const ELEMENT = 1;

/** What may stand before the root element, up to a document type. */
const DOCUMENT_TYPE = /^\uFEFF?(?:\s+|<\?(?:[^?]|\?(?!>))*\?>|<!--(?:[^-]|-(?!->))*-->)*<!DOCTYPE/i;

/**
 * Errors: {@link SourceError} `documentType`: nothing is expanded and nothing fetched; `brokenXml` with line and column.
 */
export const readXml = (text: string, place: ServerPlace, defect: SoapDefect = 'brokenXml'): Document => {
  if (DOCUMENT_TYPE.test(text)) throw soapError('documentType', place, 'the XML has a document type');
  try {
    return parseXmlDocument(text);
  } catch (error) {
    // The parser quotes what stands there; it may be anybody's data.
    const at = /At line (\d+), character (\d+)/.exec((error as Error).message);
    const where = at ? ` at line ${at[1]}, column ${at[2]}` : '';
    throw soapError(defect, place, `it stops being XML${where}`);
  }
};

/** XML as text, in the encoding that the answer or the XML itself declares (RFC 7303); UTF-8 where neither does. */
export const xmlText = ({ headers, body }: Answer, place: ServerPlace): string => {
  const start = Buffer.from(body.subarray(0, 200)).toString('latin1');
  const marked =
    body[0] === 0xfe && body[1] === 0xff ? 'utf-16be' : body[0] === 0xff && body[1] === 0xfe ? 'utf-16le' : '';
  const encoding =
    marked ||
    /charset\s*=\s*["']?([^\s"';,]+)/i.exec(headers['content-type'] ?? '')?.[1] ||
    /^(?:\xEF\xBB\xBF)?<\?xml[^>]*\sencoding\s*=\s*["']([^"']+)/.exec(start)?.[1] ||
    'utf-8';
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(body);
  } catch {
    throw webError('invalidEncoding', place, `the answer is not in the encoding that it declares (${encoding})`);
  }
};

export interface XPath {
  nodes(expression: string, from: Node, what: string, place: ServerPlace): readonly Node[];
  /** All that an expression yields: nodes, texts, numbers, true and false. */
  values(expression: string, from: Node, what: string, place: ServerPlace): readonly unknown[];
}

/** XPath 3.1, where `*:Name` is an element of this name in any namespace. `namespaces`: by prefix. */
export const xPathWith = (namespaces: Readonly<Record<string, string>>): XPath => {
  const options = {
    namespaceResolver: (prefix: string) => (Object.hasOwn(namespaces, prefix) ? namespaces[prefix]! : null),
  };
  const asked = <T>(expression: string, what: string, place: ServerPlace, ask: () => T): T => {
    try {
      return ask();
    } catch (error) {
      const why = /X[A-Z]{3}\d{4}: [^\n.]*/.exec((error as Error).message)?.[0] ?? 'it is no XPath';
      throw soapError('badExpression', place, `${what} ("${expression}") cannot be read: ${why.slice(0, 160)}`);
    }
  };
  return {
    nodes: (expression, from, what, place) =>
      asked(expression, what, place, () => evaluateXPathToNodes<Node>(expression, from, null, null, options)),
    values: (expression, from, what, place) =>
      asked(expression, what, place, () =>
        evaluateXPath(expression, from, null, null, evaluateXPath.ALL_RESULTS_TYPE, options),
      ),
  };
};

export const childElements = (node: Node): readonly Element[] =>
  node.childNodes.filter(({ nodeType }) => nodeType === ELEMENT) as Element[];

export const isElement = (node: unknown): node is Element =>
  typeof node === 'object' && node !== null && (node as Node).nodeType === ELEMENT;

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && 'nodeType' in value;

/** A value as a cell: of an element its text; null where it says `xsi:nil`; undefined where it holds further elements. */
export const cellOfXml = (value: unknown): Cell | undefined => {
  if (!isNode(value)) return String(value);
  if (!isElement(value)) return value.nodeValue;
  if (['true', '1'].includes(value.getAttributeNS(XSI, 'nil')?.trim() ?? '')) return null;
  return childElements(value).length > 0 ? undefined : value.textContent;
};

/** A text as it stands in XML, in an element or in an attribute's quotes. */
export const escapeXml = (text: string): string =>
  text.replace(/[<>&"'\r\n\t]/g, (letter) => `&#${letter.charCodeAt(0)};`);
