import { expect, test } from 'vitest';
import { wantedDecisions } from './decisions.ts';

const rows = async function* (cells: readonly (readonly string[])[]) {
  for (const [i, row] of cells.entries()) yield { n: i + 1, line: i + 2, cells: row };
};
const COLUMNS = ['Person', 'Role', 'Decision', 'Justification'];
const read = (...cells: readonly string[][]) => wantedDecisions('d.csv', COLUMNS, rows(cells));

test('decisions are taken by their words, and rows without one are passed over', async () => {
  const wanted = await read(
    ['ana@contoso.com', 'General', 'approve', 'still in Sales'],
    ['bo@contoso.com', 'General', 'Deny', ''],
    ['cy@contoso.com', 'General', '', ''],
    ['di@contoso.com', 'General', "don't know", ''],
  );
  expect(wanted).toEqual([
    { person: 'ana@contoso.com', decision: 'Approve', justification: 'still in Sales', place: 'd.csv:2' },
    { person: 'bo@contoso.com', decision: 'Deny', justification: '', place: 'd.csv:3' },
    { person: 'di@contoso.com', decision: 'DontKnow', justification: '', place: 'd.csv:5' },
  ]);
});

test('every line that cannot be understood is named at once', async () => {
  const error = await read(
    ['ana@contoso.com', '', 'maybe', ''],
    ['', '', 'deny', ''],
    ['ANA@contoso.com', '', 'approve', ''],
  ).catch((reason) => reason);
  expect(error).toMatchObject({ name: 'ConfigError', exitCode: 64 });
  expect(error.message.split('\n')).toEqual([
    'd.csv:2: "maybe" is no decision; expected approve, deny or dontKnow',
    'd.csv:3: there is a decision about nobody',
    'd.csv:4: ANA@contoso.com stands in line 2 already',
  ]);
  await expect(wantedDecisions('d.csv', ['Persno', 'Decision'], rows([]))).rejects.toThrow(
    'd.csv:1: there is no column "person"; did you mean "Persno"?',
  );
});
