import { expect, test } from 'vitest';
import type { DecisionKind } from '../model/decision.ts';
import type { ReviewDecision } from '../model/review.ts';
import { chooseDecisions, type DecisionsFile, wantedDecisions } from './decisions.ts';

const rows = async function* (cells: readonly (readonly string[])[]) {
  for (const [i, row] of cells.entries()) yield { n: i + 1, line: i + 2, cells: row };
};
const COLUMNS = ['Person', 'Role', 'Decision', 'Justification'];
const read = (...cells: readonly string[][]) => wantedDecisions('d.csv', COLUMNS, rows(cells));

const mine = (name: string, decision: DecisionKind = 'NotReviewed', justification = ''): ReviewDecision => ({
  id: `decision about ${name}`,
  instanceId: 'i',
  decision,
  recommendation: 'NoInfoAvailable',
  justification,
  principal: { id: `id-${name}`, displayName: name, userPrincipalName: `${name}@contoso.com` },
  reviewedBy: null,
  reviewedAt: null,
  appliedAt: null,
  applyResult: 'New',
});
const choose = (file: DecisionsFile, decisions: readonly ReviewDecision[], justificationRequired = true) =>
  chooseDecisions(file, { decisions, justificationRequired });

test('decisions are taken by their words, and rows without one are passed over', async () => {
  const { wanted, problems } = await read(
    ['ana@contoso.com', 'General', 'approve', 'still in Sales'],
    ['bo@contoso.com', 'General', 'Deny', ''],
    ['cy@contoso.com', 'General', '', ''],
    ['di@contoso.com', 'General', "don't know", ''],
  );
  expect(problems).toEqual([]);
  expect(wanted).toEqual([
    { person: 'ana@contoso.com', decision: 'Approve', justification: 'still in Sales', line: 2 },
    { person: 'bo@contoso.com', decision: 'Deny', justification: '', line: 3 },
    { person: 'di@contoso.com', decision: 'DontKnow', justification: '', line: 5 },
  ]);
});

test('lines are about those whom the reviewer reviews, by any of their names, and what is decided already is left out', async () => {
  const file = await read(
    ['ANA@contoso.com', '', 'approve', 'still in Sales'],
    ['id-bo', '', 'deny', 'left'],
    ['cy@contoso.com', '', 'approve', 'other words'],
  );
  const decisions = [mine('ana', 'Approve', 'still in Sales'), mine('bo'), mine('cy', 'Approve', 'words'), mine('di')];
  const chosen = choose(file, decisions).map(({ of, decision, justification }) => [of.id, decision, justification]);
  expect(chosen).toEqual([
    ['decision about bo', 'Deny', 'left'],
    ['decision about cy', 'Approve', 'other words'],
  ]);
});

test('every line that cannot be carried out is named at once, in the order of the file', async () => {
  const file = await read(
    ['ana@contoso.com', '', 'maybe', ''],
    ['zoe@contoso.com', '', 'deny', ''],
    ['', '', 'deny', ''],
    ['bo@contoso.com', '', 'approve', ''],
    ['BO@contoso.com', '', 'approve', 'twice'],
    ['id-cy', '', 'deny', ''],
    ['cy@contoso.com', '', 'deny', ''],
  );
  const decide = () =>
    choose(
      file,
      ['ana', 'bo', 'cy'].map((name) => mine(name)),
    );
  expect(decide).toThrow(
    [
      'd.csv:2: "maybe" is no decision; expected approve, deny or dontKnow',
      'd.csv:3: zoe@contoso.com is not among those whom you review',
      'd.csv:4: there is a decision about nobody',
      'd.csv:5: the approval of bo@contoso.com needs a justification: this review asks for one',
      'd.csv:6: BO@contoso.com stands in line 5 already',
      'd.csv:8: cy@contoso.com stands in line 7 already, by another name',
    ].join('\n'),
  );
  expect(decide).toThrow(expect.objectContaining({ name: 'ConfigError', exitCode: 64 }));
});

test('an approval needs no reason where the review asks for none', async () => {
  const file = await read(['ana@contoso.com', '', 'approve', '']);
  expect(choose(file, [mine('ana')], false)).toHaveLength(1);
});

test('a file without the columns is told what it lacks', async () => {
  await expect(wantedDecisions('d.csv', ['Persno', 'Decision'], rows([]))).rejects.toThrow(
    'd.csv:1: there is no column "person"; did you mean "Persno"?',
  );
});
