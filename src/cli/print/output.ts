// One result, printed the way that was asked for: text for people, one JSON document, or CSV.
import { stringify } from 'csv-stringify';
import { harmlessCell, LINE_BREAK } from '../../model/cells.ts';
import { UsageError } from '../../model/errors.ts';
import type { Io } from '../io.ts';
import type { CommonOptions } from '../program.ts';

/** What a command has to tell. `table` is for CSV; without it, CSV has one row of the data's plain values. */
export interface Output {
  readonly data: Readonly<Record<string, unknown>>;
  readonly text: string;
  readonly table?: { readonly columns: readonly string[]; readonly rows: AsyncIterable<readonly unknown[]> };
}

export const print = async (
  { data, text, table }: Output,
  options: Pick<CommonOptions, 'output' | 'query'>,
  io: Io,
): Promise<void> => {
  if (options.query !== undefined) return io.out(`${JSON.stringify(await queried(data, options.query), null, 2)}\n`);
  if (options.output === 'json') return io.out(`${JSON.stringify(data, null, 2)}\n`);
  if (options.output === 'text') return io.out(text.endsWith('\n') ? text : `${text}\n`);
  const { columns, rows } = table ?? oneRow(data);
  const csv = stringify({
    columns: [...columns],
    header: true,
    quoted_match: LINE_BREAK,
    cast: { string: harmlessCell },
  });
  const written = (async () => {
    for await (const chunk of csv) {
      io.out(String(chunk));
      await io.taken();
    }
  })();
  for await (const row of rows) {
    if (!io.isRead()) break;
    if (!csv.write([...row])) await Promise.race([new Promise((resolve) => csv.once('drain', resolve)), written]);
  }
  csv.end();
  await written;
};

const queried = async (data: unknown, expression: string): Promise<unknown> => {
  const { search } = await import('jmespath');
  try {
    return search(data, expression);
  } catch (error) {
    throw new UsageError(
      `--query "${expression}" is no JMESPath expression: ${(error as Error).message}.`,
      'Correct the expression; --output json shows the document that it is applied to.',
    );
  }
};

const oneRow = (data: Readonly<Record<string, unknown>>): NonNullable<Output['table']> => {
  const plain = Object.entries(data).filter(([, value]) => value === null || typeof value !== 'object');
  return {
    columns: plain.map(([name]) => name),
    rows: (async function* () {
      yield plain.map(([, value]) => value);
    })(),
  };
};
