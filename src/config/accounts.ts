// accounts and complete: what people write of the facts an application knows of its accounts, and of its control totals.
import { z } from 'zod';
import { ACCOUNT_TYPES } from '../model/account-facts.ts';
import type { AccountSettings, CompleteSettings } from '../model/settings.ts';
import { choice, either, object, type ToPath, text } from './shapes.ts';

const dateFormat = text.refine(
  (format) => ['yyyy', 'MM', 'dd'].every((part) => format.split(part).length === 2),
  'expected a format with yyyy, MM and dd, such as dd.MM.yyyy',
);

const date = either(
  [text, object({ column: text, format: dateFormat.optional() })],
  'expected a column, or { column, format }',
);

export const accountsWritten = object({
  enabled: either(
    [
      text,
      object({ column: text, yes: z.array(text).min(1).optional().describe('Cells of accounts that can be used.') }),
    ],
    'expected a column, or { column, yes }',
  ).optional(),
  lastLogin: date.optional().describe('The last login in the application.'),
  created: date.optional(),
  ends: date.optional().describe('The last day on which the account is meant to be there.'),
  owner: text.optional().describe('Who answers for the account.'),
  type: either(
    [text, object({ column: text, map: z.record(z.string(), choice(ACCOUNT_TYPES)).optional() })],
    'expected a column, or { column, map }',
  )
    .optional()
    .describe(`One of ${ACCOUNT_TYPES.join(', ')}.`),
})
  .optional()
  .describe('Columns with what the application knows of its accounts; for reports and reviewers.');

const count = z.int('expected a whole number').min(1, 'expected at least 1');

export const completeWritten = object({
  columns: z.array(text).optional().describe('Columns that must be there besides those that are used.'),
  rows: either([count, object({ file: text })], 'expected a number of accounts, or { file: PATH } of a file with it')
    .optional()
    .describe('How many accounts must come.'),
  sum: object({
    column: text,
    is: text.regex(/^[+-]?\d+(\.\d{1,30})?$/, 'expected a number in quotes, such as "1203.50"'),
  })
    .optional()
    .describe('What the numbers of a column must add up to.'),
  trailer: object({
    column: text,
    value: text.describe('What stands in that column of the trailer record, and in no account.'),
    count: text.optional().describe('The column of the trailer record in which the accounts are counted.'),
  })
    .optional()
    .describe('The last record is no account; without it the roster was cut off.'),
})
  .optional()
  .describe('How to know that a roster is whole.');

export const accountSettings = (written: z.infer<typeof accountsWritten>): AccountSettings => {
  const { enabled, lastLogin, created, ends, owner, type } = written ?? {};
  return {
    enabled: inColumn(
      enabled,
      (column) => ({ column, yes: null }),
      ({ column, yes }) => ({ column, yes: yes ?? null }),
    ),
    lastLogin: dateColumn(lastLogin),
    created: dateColumn(created),
    ends: dateColumn(ends),
    owner: owner ?? null,
    type: inColumn(
      type,
      (column) => ({ column, map: null }),
      ({ column, map }) => ({ column, map: map ?? null }),
    ),
  };
};

const inColumn = <Whole extends object, Result>(
  written: string | Whole | undefined,
  ofName: (column: string) => Result,
  ofWhole: (written: Whole) => Result,
): Result | null => {
  if (written === undefined) return null;
  return typeof written === 'string' ? ofName(written) : ofWhole(written);
};

const dateColumn = (written: z.infer<typeof date> | undefined) =>
  inColumn(
    written,
    (column) => ({ column, format: null as string | null }),
    ({ column, format }) => ({ column, format: format ?? null }),
  );

export const completeSettings = (written: z.infer<typeof completeWritten>, path: ToPath): CompleteSettings => {
  const { columns, rows, sum, trailer } = written ?? {};
  return {
    columns: columns ?? [],
    rows: rows === undefined ? null : typeof rows === 'number' ? rows : { file: path(rows.file) },
    sum: sum ?? null,
    trailer: trailer ? { ...trailer, count: trailer.count ?? null } : null,
  };
};
