import { expect, test } from 'vitest';
import { changesText, type Described, describeAccess, describeBasis } from './describe.ts';

const none = { added: 0, gone: 0, renamed: 0, rolesGained: 0, rolesLost: 0 };
const described = (more: Partial<Described> = {}): Described => ({
  people: 12,
  roster: { rows: 14, collectedAt: '2026-11-25T08:00:00.000Z' },
  roles: [],
  last: null,
  ...more,
});

test('the first review tells how many have access, and nothing of a change', () => {
  expect(describeAccess(described())).toBe('12 people have access, of 14 accounts that were collected on 2026-11-25.');
});

test('a role says what it means where somebody has said it, and how many hold it', () => {
  const roles = [
    { name: 'General', description: null, people: 1100 },
    { name: 'Administrator', description: 'May change\n everything.', people: 1 },
  ];
  expect(describeAccess(described({ roles })).split('\n').slice(1)).toEqual([
    'Administrator (1 person): May change everything.',
    'General (1,100 people)',
  ]);
});

test('what changed since the last review stands within what the mail shows', () => {
  const changes = { added: 3, gone: 1, renamed: 1, rolesGained: 2, rolesLost: 1 };
  const text = describeAccess(described({ last: { on: '2026-09-01', changes } }));
  expect(text.slice(0, 256)).toContain(
    'Since the last review (2026-09-01) 3 accounts came, 1 account went, 1 account was renamed, 2 roles were gained, 1 role was lost.',
  );
  expect(describeBasis(described({ last: { on: '2026-09-01', changes: null } }), 'sha256:ab')).toBe(
    'It rests on the roster of 2026-11-25 (sha256:ab). The last review was on 2026-09-01.',
  );
});

test('a list of accounts that has not changed is told as such', () => {
  expect(changesText(none)).toBe('the list of accounts has not changed');
});

test('however many roles there are, and however long their names, the description stays within its length', () => {
  const roles = Array.from({ length: 1500 }, (_, n) => ({
    name: `Role ${n} ${'x'.repeat(n)}`,
    description: 'y'.repeat(1000),
    people: n,
  }));
  const text = describeAccess(described({ roles }));
  expect(text.length).toBeLessThanOrEqual(2000);
  expect(text).toMatch(/\nand 1,49\d more roles$/);
});
