// SOAP services as a source: one operation is asked, page by page where it has pages, and its records are found by XPath.

import { addressText } from '../../http/words.ts';
import type { Account, Cell } from '../../model/account.ts';
import type { ServerPlace } from '../../model/errors.ts';
import type { OpenSource, Source, SourceTools } from '../../model/source.ts';
import type { SoapSettings } from '../../model/web-settings.ts';
import { type Ask, openWebClient, placeOf, type WebClient } from '../http/client.ts';
import { bodyOf, faultOf } from './answers.ts';
import { ENVELOPES, envelope, filled, type SoapVersion, userNameToken } from './envelope.ts';
import { soapError } from './errors.ts';
import { proposeFrom } from './propose.ts';
import { readOperation } from './wsdl.ts';
import { cellOfXml, type Element, isElement, type Node, readXml, type XPath, xPathWith } from './xml.ts';

/** Prefixes that are known without being declared. */
const KNOWN_PREFIXES = {
  soap11: ENVELOPES['1.1'],
  soap12: ENVELOPES['1.2'],
  xs: 'http://www.w3.org/2001/XMLSchema',
  xsi: 'http://www.w3.org/2001/XMLSchema-instance',
  fn: 'http://www.w3.org/2005/xpath-functions',
};

/** What every page is asked with. */
interface Call {
  readonly url: URL;
  readonly action: string;
  readonly version: SoapVersion;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly values: ReadonlyMap<string, string>;
  readonly password: string | undefined;
}

interface Page {
  readonly place: ServerPlace;
  readonly records: readonly Element[];
}

/**
 * Reads accounts from a SOAP service, 1.1 or 1.2.
 *
 * Shape:  one account a record; a cell is what the column's XPath finds in it, its blanks kept. What is not there, and what
 *         says `xsi:nil`, is null. Memory holds one page.
 * Errors: {@link SourceError}: `SoapDefect`, `WebDefect`.
 */
export const soapSource = (settings: SoapSettings, tools: SourceTools): Source => {
  const address = addressText(new URL(settings.address ?? settings.wsdl!.address));
  const xPath = xPathWith({ ...KNOWN_PREFIXES, ...settings.namespaces });
  return {
    kind: 'soap',
    open: async (signal) => {
      signal.throwIfAborted();
      if (settings.columns === null) throw soapError('noColumns', { address }, 'no columns are named');
      const columns = Object.entries(settings.columns);
      checkExpressions(xPath, columns, settings, { address });
      const empty = new Set(columns.map(([name]) => name));
      return {
        columns: columns.map(([name]) => name),
        description: `soap ${address}`,
        rows: () => accounts(settings, tools, xPath, columns, empty, signal),
        notes: () =>
          [...empty].map((name) => `Column "${name}" (${settings.columns![name]}) has a value in no account.`),
      } satisfies OpenSource;
    },
    proposeColumns: async (signal) => {
      signal.throwIfAborted();
      for await (const { records } of pagesOf(settings, tools, xPath, signal)) {
        if (records.length > 0) return proposeFrom(records);
      }
      throw soapError('emptyRoster', { address }, 'there is no record to look at');
    },
  };
};

/** An expression that is none is told before anybody is asked for anything. */
const checkExpressions = (
  xPath: XPath,
  columns: readonly (readonly [string, string])[],
  { records, total, paging }: SoapSettings,
  place: ServerPlace,
): void => {
  const nothing = readXml('<nothing/>', place);
  const check = (expression: string, what: string) => xPath.values(expression, nothing, what, place);
  check(records, 'records');
  if (total !== null) check(total, 'total');
  if (paging !== null) check(paging.token, 'paging.token');
  for (const [name, expression] of columns) check(expression, `column "${name}"`);
};

async function* accounts(
  settings: SoapSettings,
  tools: SourceTools,
  xPath: XPath,
  columns: readonly (readonly [name: string, expression: string])[],
  empty: Set<string>,
  signal: AbortSignal,
): AsyncGenerator<Account> {
  let n = 0;
  let last: ServerPlace | undefined;
  for await (const { records, place } of pagesOf(settings, tools, xPath, signal)) {
    signal.throwIfAborted();
    last = place;
    const before = place.at === undefined ? '' : `${place.at}, `;
    for (const [i, record] of records.entries()) {
      n += 1;
      const at = { ...place, at: `${before}record ${i + 1}` };
      yield { n, cells: columns.map(([name, expression]) => cellIn(xPath, record, name, expression, at, empty)) };
    }
  }
  if (n === 0) throw soapError('emptyRoster', last!, `records ("${settings.records}") leads to nothing`);
}

const cellIn = (
  xPath: XPath,
  record: Element,
  name: string,
  expression: string,
  place: ServerPlace,
  empty: Set<string>,
): Cell => {
  const what = `column "${name}"`;
  const values = xPath.values(expression, record, what, place);
  if (values.length > 1)
    throw soapError('severalValues', place, `${what} (${expression}): there are ${values.length} values`);
  if (values.length === 0) return null;
  const cell = cellOfXml(values[0]);
  if (cell === undefined)
    throw soapError('groupOfValues', place, `${what} (${expression}): there are elements inside it`);
  if (cell !== null) empty.delete(name);
  return cell;
};

async function* pagesOf(
  settings: SoapSettings,
  tools: SourceTools,
  xPath: XPath,
  signal: AbortSignal,
): AsyncGenerator<Page> {
  const client = await openWebClient(settings.web, tools, signal);
  try {
    const call = await prepare(settings, client);
    const seen = new Set<string>();
    let token = settings.paging?.first;
    let read = 0;
    for (let n = 1; ; n += 1) {
      const ask = askFor(settings, call, token, settings.paging === null ? undefined : `page ${n}`, client);
      const place = placeOf(ask);
      const body = bodyOf(await client.read(ask), place, (text) => client.masked(text));
      const records = recordsIn(xPath, body, settings.records, place);
      read += records.length;
      const total = totalIn(xPath, body, settings.total, place);
      yield { place, records };
      token = settings.paging === null ? undefined : tokenIn(xPath, body, settings.paging.token, place);
      if (token === undefined) {
        if (total === undefined || total === read) return;
        throw soapError('countMismatch', place, `the service says that there are ${total} records; ${read} came`);
      }
      if (seen.has(token)) throw soapError('repeatedPage', place, 'the token of the next page was told before');
      seen.add(token);
    }
  } finally {
    await client.close();
  }
}

const prepare = async (settings: SoapSettings, client: WebClient): Promise<Call> => {
  const { wsdl, address, action, version, body, security } = settings;
  const operation = wsdl === null ? undefined : await readOperation(client, wsdl.address, wsdl.operation, version);
  const url = address === null ? operation!.address : new URL(address);
  const sent = body ?? operation?.body;
  if (sent === undefined) {
    throw soapError('badWsdl', placeOf({ url }), 'the WSDL names no element that asks for the operation; name a body');
  }
  const textOf = async (value: SoapSettings['values'][string]) =>
    typeof value === 'string' ? value : client.secret(value);
  const values = new Map<string, string>();
  for (const [name, value] of Object.entries(settings.values)) values.set(name, await textOf(value));
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(settings.headers)) headers[name.toLowerCase()] = await textOf(value);
  const password = security === null ? undefined : await client.secret(security.password);
  return {
    url,
    action: action ?? operation?.action ?? '',
    version: version ?? operation?.version ?? '1.1',
    body: sent,
    headers,
    values,
    password,
  };
};

const askFor = (
  { namespaces, header, security }: SoapSettings,
  { url, action, version, body, headers, values, password }: Call,
  token: string | undefined,
  at: string | undefined,
  client: WebClient,
): Ask => {
  const place = placeOf({ url, ...(at !== undefined && { at }) });
  const all = token === undefined ? values : new Map([...values, ['pageToken', token]]);
  const signed = security === null ? '' : userNameToken(security, password!, version);
  const text = envelope({
    version,
    namespaces,
    header: `${signed}${filled(header ?? '', all)}`,
    body: filled(body, all),
  });
  readXml(text, place, 'badTemplate');
  const quoted = action.replace(/["\\]/g, '\\$&');
  const type: Readonly<Record<string, string>> =
    version === '1.1'
      ? { 'content-type': 'text/xml; charset=utf-8', soapaction: `"${quoted}"` }
      : { 'content-type': `application/soap+xml; charset=utf-8${action === '' ? '' : `; action="${quoted}"`}` };
  return {
    method: 'POST',
    url,
    headers: { accept: 'text/xml, application/soap+xml', ...type, ...headers },
    body: text,
    ...(at !== undefined && { at }),
    explain: (said) => faultOf(said, place, (each) => client.masked(each)),
  };
};

const recordsIn = (xPath: XPath, body: Element, expression: string, place: ServerPlace): readonly Element[] => {
  const found: readonly Node[] = xPath.nodes(expression, body, 'records', place);
  if (!found.every(isElement))
    throw soapError('noRecords', place, `records ("${expression}") leads to what is no element`);
  return found;
};

const totalIn = (xPath: XPath, body: Element, expression: string | null, place: ServerPlace): number | undefined => {
  if (expression === null) return undefined;
  const values = xPath.values(expression, body, 'total', place);
  const text = values.length === 1 ? (cellOfXml(values[0]) ?? '').trim() : '';
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw soapError('countMismatch', place, `total ("${expression}") leads to no number of records`);
};

const tokenIn = (xPath: XPath, body: Element, expression: string, place: ServerPlace): string | undefined => {
  const values = xPath.values(expression, body, 'paging.token', place);
  if (values.length > 1)
    throw soapError('badExpression', place, `paging.token ("${expression}") leads to ${values.length} values`);
  const token = values.length === 0 ? null : cellOfXml(values[0]);
  return token === undefined || token === null || token === '' ? undefined : token;
};
