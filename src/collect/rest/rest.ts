// REST APIs as a source: JSON page by page, one document as it comes, or one record a line.

import { addressText } from '../../http/words.ts';
import type { Account, Cell } from '../../model/account.ts';
import type { ServerPlace } from '../../model/errors.ts';
import type { OpenSource, Source, SourceTools } from '../../model/source.ts';
import type { RestSettings } from '../../model/web-settings.ts';
import { cellOf, isCell } from '../http/cells.ts';
import { openWebClient, placeOf, type WebClient } from '../http/client.ts';
import { recordsOf } from './document.ts';
import { restError } from './errors.ts';
import { linesOf } from './lines.ts';
import { isGroup, pagesOf, singleAsk } from './pages.ts';
import { findEach } from './paths.ts';
import { proposeFrom } from './propose.ts';

/** Records that came together, and how each is named. */
interface Handful {
  readonly records: readonly unknown[];
  readonly place: (index: number) => ServerPlace;
}

/**
 * Reads accounts from a REST API.
 *
 * Shape:  one account a record; a cell is what the column's JMESPath finds in it, as JSON writes it. What is not there is
 *         null. Memory holds one page at a time, or of a stream some records.
 * Errors: {@link SourceError}: `RestDefect`, `WebDefect`, and `brokenJson`.
 */
export const restSource = (settings: RestSettings, tools: SourceTools): Source => {
  const address = addressText(new URL(settings.address));
  return {
    kind: 'rest',
    open: async (signal) => {
      signal.throwIfAborted();
      if (settings.columns === null) throw restError('noColumns', { address }, 'no columns are named');
      const columns = Object.entries(settings.columns);
      const empty = new Set(columns.map(([name]) => name));
      return {
        columns: columns.map(([name]) => name),
        description: `rest ${address}`,
        rows: () => accounts(settings, tools, columns, empty, signal),
        notes: () =>
          [...empty].map((name) => `Column "${name}" (${settings.columns![name]}) has a value in no account.`),
      } satisfies OpenSource;
    },
    proposeColumns: async (signal) => {
      signal.throwIfAborted();
      for await (const { records } of handfuls(settings, tools, signal)) {
        const proposed = proposeFrom(records.filter(isGroup));
        if (Object.keys(proposed).length > 0) return proposed;
      }
      throw restError('emptyRoster', { address }, 'there is no record to look at');
    },
  };
};

async function* accounts(
  settings: RestSettings,
  tools: SourceTools,
  columns: readonly (readonly [name: string, expression: string])[],
  empty: Set<string>,
  signal: AbortSignal,
): AsyncGenerator<Account> {
  let n = 0;
  for await (const { records, place } of handfuls(settings, tools, signal)) {
    signal.throwIfAborted();
    const wrong = records.findIndex((record) => typeof record !== 'object' || record === null);
    if (wrong !== -1) {
      const what = records[wrong] === null ? 'null' : `a ${typeof records[wrong]}`;
      throw restError('notARecord', place(wrong), `there is ${what} where a record is expected`);
    }
    for (const [index, values] of findEach(records, columns, place).entries()) {
      n += 1;
      yield { n, cells: values.map((value, i) => cellIn(value, columns[i]!, place(index), empty)) };
    }
  }
  if (n === 0)
    throw restError('emptyRoster', { address: addressText(new URL(settings.address)) }, 'there is no account');
}

const cellIn = (
  value: unknown,
  [name, expression]: readonly [string, string],
  place: ServerPlace,
  empty: Set<string>,
): Cell => {
  const cell = cellOf(value);
  if (!isCell(cell)) {
    const code = cell.because === 'several' ? 'severalValues' : 'groupOfValues';
    throw restError(code, place, `column "${name}" (${expression}): ${cell.message}`);
  }
  if (cell !== null) empty.delete(name);
  return cell;
};

async function* handfuls(settings: RestSettings, tools: SourceTools, signal: AbortSignal): AsyncGenerator<Handful> {
  const client = await openWebClient(settings.web, tools, signal);
  const masked = (text: string) => client.masked(text);
  try {
    const headers = await headersOf(settings, client);
    if (settings.format === 'ndjson') {
      const ask = singleAsk(settings, headers);
      const place = placeOf(ask);
      for await (const lines of linesOf(await client.stream(ask), place, masked)) {
        const placeOfLine = (index: number) => ({ ...place, at: `line ${lines[index]!.line}` });
        const read = lines.map(({ record }) => record);
        const inLine = [['records', settings.records]] as const;
        const records = settings.records === '@' ? read : findEach(read, inLine, placeOfLine).map(([record]) => record);
        yield { records, place: placeOfLine };
      }
      return;
    }
    if (settings.format === 'jsonStream') {
      const ask = singleAsk(settings, headers);
      const place = placeOf(ask);
      let before = 0;
      for await (const records of recordsOf(await client.stream(ask), settings, place, masked)) {
        const first = before;
        before += records.length;
        yield { records, place: (index) => ({ ...place, at: `record ${first + index + 1}` }) };
      }
      return;
    }
    for await (const { records, place } of pagesOf(settings, client, headers)) {
      const before = place.at === undefined ? '' : `${place.at}, `;
      yield { records, place: (index) => ({ ...place, at: `${before}record ${index + 1}` }) };
    }
  } finally {
    await client.close();
  }
}

const headersOf = async ({ headers }: RestSettings, client: WebClient): Promise<Record<string, string>> => {
  const read: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    read[name.toLowerCase()] = typeof value === 'string' ? value : await client.secret(value);
  }
  return read;
};
