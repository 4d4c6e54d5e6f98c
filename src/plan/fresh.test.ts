import { expect, test } from 'vitest';
import type { Action, PlanRecord } from '../model/plan.ts';
import { actionDifferences, remainingSteps } from './fresh.ts';

const user = (n: number, row: number): Action => ({
  n,
  kind: 'createUser',
  row,
  properties: { userPrincipalName: `p${row}@contoso.com`, displayName: `P ${row}` },
});
const assign = (n: number, row: number, principal: { user: string } | { createdBy: number }): Action => ({
  n,
  kind: 'assign',
  row,
  principal,
  principalName: `p${row}@contoso.com`,
  roleId: 'role',
  roleName: 'General',
});
async function* records(...actions: Action[]): AsyncGenerator<PlanRecord> {
  for (const action of actions) yield { action };
}
const none = () => false;

test('a plan is fresh when planning again says the same', async () => {
  const plan = () => records(user(1, 1), assign(2, 1, { createdBy: 1 }), assign(3, 2, { user: 'b' }));
  expect(await actionDifferences(plan(), plan(), none)).toEqual([]);
});

test('an action that planning again lacks is a difference, unless it was tried', async () => {
  const saved = () => records(user(1, 1), assign(2, 1, { createdBy: 1 }));
  const now = () => records(assign(1, 1, { user: 'made' }));
  expect(await actionDifferences(saved(), now(), none)).toHaveLength(2);
  expect(await actionDifferences(saved(), now(), (n) => n === 1)).toEqual([]);
});

test('an action that the plan lacks is a difference, even when the plan was begun', async () => {
  const differences = await actionDifferences(records(user(1, 1)), records(user(1, 1), user(2, 2)), () => true);
  expect(differences).toEqual([expect.stringMatching(/wants what the plan lacks: create the user p2@/)]);
});

test('an assignment that would go to another user is a difference', async () => {
  const differences = await actionDifferences(
    records(assign(1, 1, { user: 'a' })),
    records(assign(1, 1, { user: 'b' })),
    none,
  );
  expect(differences).toHaveLength(1);
});

test('ten differences are told, and how many more there are', async () => {
  const many = Array.from({ length: 25 }, (_, i) => user(i + 1, i + 1));
  const differences = await actionDifferences(records(...many), records(), none);
  expect(differences).toHaveLength(11);
  expect(differences.at(-1)).toBe('and 15 more');
});

test('the steps that remain keep the numbers of the saved plan and refer to users that exist by now', async () => {
  const saved = records(user(1, 1), user(2, 2), assign(3, 1, { createdBy: 1 }), assign(4, 2, { createdBy: 2 }));
  const now = records(user(1, 2), assign(2, 1, { user: 'made' }), assign(3, 2, { createdBy: 1 }));
  const steps = [];
  for await (const step of remainingSteps(saved, now)) steps.push(step);
  expect(steps.map(({ action, isNeeded }) => [action.n, isNeeded])).toEqual([
    [1, false],
    [2, true],
    [3, true],
    [4, true],
  ]);
  expect(steps[2]!.action).toMatchObject({ principal: { user: 'made' } });
  expect(steps[3]!.action).toMatchObject({ principal: { createdBy: 2 } });
});
