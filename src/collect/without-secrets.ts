// A source without its columns of secrets: they are left out before anything is saved, shown or compared.
import type { Account } from '../model/account.ts';
import { SourceError } from '../model/errors.ts';
import type { OpenSource, Source } from '../model/source.ts';
import type { ColumnChoices } from '../model/source-settings.ts';
import { secretLook, secretName, secretShape } from './secret-look.ts';

/** So many accounts are looked at before it is decided which columns hold secrets. */
const LOOKED_AT = 200;

/**
 * A source that yields another's accounts without the columns that hold secrets, judged by their names and by the first
 * accounts, and without those that the configuration drops. What was left out, and why, stands in its notes.
 *
 * Errors: {@link SourceError} `secretFound` where a secret stands in a later account of a column that was not dropped;
 *         `unknownColumn` where the configuration names a column that the source does not have.
 */
export const withoutSecrets = (source: Source, { drop, keep }: ColumnChoices): Source => {
  const { proposeColumns } = source;
  return {
    kind: source.kind,
    open: async (signal) => {
      const opened = await source.open(signal);
      checkNames(opened, [...drop, ...keep]);
      const rows = opened.rows()[Symbol.asyncIterator]();
      let first: Account[];
      try {
        first = await take(rows, LOOKED_AT);
      } catch (error) {
        await rows.return?.();
        throw error;
      }
      const reasons = opened.columns.map((name, i) => {
        if (drop.includes(name)) return 'the configuration says so';
        if (keep.includes(name)) return undefined;
        return secretName(name) ?? secretLook(first.map(({ cells }) => cells[i] ?? ''));
      });
      const dropped = new Set(reasons.flatMap((reason, i) => (reason === undefined ? [] : [i])));
      const watched = opened.columns.flatMap((name, i) => (dropped.has(i) || keep.includes(name) ? [] : [i]));
      const notes = reasons.flatMap((reason, i) =>
        reason === undefined ? [] : [`Column "${opened.columns[i]}" was left out: ${reason}.`],
      );
      let goesOn: AsyncIterator<Account> | undefined = rows;
      return {
        ...opened,
        columns: opened.columns.filter((_, i) => !dropped.has(i)),
        rows: async function* () {
          // The rows that were looked at are not read twice, unless all are wanted twice.
          const begun = goesOn;
          goesOn = undefined;
          for await (const account of begun ? joined(first, begun) : opened.rows()) {
            refuseSecrets(account, opened, watched);
            yield dropped.size === 0 ? account : { ...account, cells: account.cells.filter((_, i) => !dropped.has(i)) };
          }
        },
        notes: () => [...notes, ...(opened.notes?.() ?? [])],
        close: async () => {
          await goesOn?.return?.();
          await opened.close?.();
        },
      };
    },
    ...(proposeColumns && {
      proposeColumns: async (signal) => {
        const proposed = await proposeColumns.call(source, signal);
        return Object.fromEntries(Object.entries(proposed).filter(([name]) => secretName(name) === undefined));
      },
    }),
  };
};

const take = async (rows: AsyncIterator<Account>, size: number): Promise<Account[]> => {
  const taken: Account[] = [];
  while (taken.length < size) {
    const next = await rows.next();
    if (next.done) break;
    taken.push(next.value);
  }
  return taken;
};

async function* joined(first: readonly Account[], rest: AsyncIterator<Account>): AsyncGenerator<Account> {
  try {
    yield* first;
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

const checkNames = ({ columns, description }: OpenSource, named: readonly string[]): void => {
  const unknown = named.find((name) => !columns.includes(name));
  if (unknown === undefined) return;
  throw new SourceError(
    'unknownColumn',
    { address: description },
    `there is no column "${unknown}"; it has ${columns.join(', ')}`,
    'Correct the name under source.drop or source.keep.',
  );
};

const refuseSecrets = (
  { n, line, cells }: Account,
  { columns, description }: OpenSource,
  watched: readonly number[],
) => {
  for (const i of watched) {
    const cell = cells[i];
    if (!cell) continue;
    const what = secretShape(cell);
    if (what === undefined) continue;
    throw new SourceError(
      'secretFound',
      { address: description, at: line === undefined ? `account ${n}` : `line ${line}` },
      `column "${columns[i]}" holds ${what}`,
      `Leave the column out with "drop: [${columns[i]}]" under source; if it is no secret, name it under source.keep.`,
    );
  }
};
