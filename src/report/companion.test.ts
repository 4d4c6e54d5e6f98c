import { parse } from 'csv-parse/sync';
import { expect, test } from 'vitest';
import { accountOf, contextOf, reviewedPerson } from '../../test/support/reviewed-person.ts';
import type { ReviewContext } from '../model/review-context.ts';
import { companionCsv } from './companion-csv.ts';
import { companionHtml } from './companion-html.ts';
import { type CompanionData, companionRows } from './companion-row.ts';
import { LISTED } from './html.ts';

const dataOf = (context: ReviewContext): CompanionData => ({ context, reviewer: null, rows: companionRows(context) });
const textOf = async (chunks: AsyncIterable<string>): Promise<string> => {
  let text = '';
  for await (const chunk of chunks) text += chunk;
  return text;
};

test('people come in the order in which they deserve a look, then by name', () => {
  const people = [
    reviewedPerson({ id: 'keep', accounts: [accountOf({ lastLogin: '2026-11-24' })] }),
    reviewedPerson({ id: 'none b', displayName: 'bo' }),
    reviewedPerson({ id: 'none a', displayName: 'Abe' }),
    reviewedPerson({ id: 'look', accounts: [accountOf({ type: 'shared' })] }),
    reviewedPerson({ id: 'refuse', isEnabled: false }),
  ];
  const ids = (some: typeof people) => companionRows(contextOf(some)).map(({ person }) => person.id);
  expect(ids(people)).toEqual(['refuse', 'look', 'none a', 'none b', 'keep']);
  expect(ids([...people].reverse())).toEqual(ids(people));
});

test('whatever people write stays text in the page, and no cell is a formula', async () => {
  const evil = '=cmd|"/c calc"!A0<script>alert(1)</script>';
  const person = reviewedPerson({
    displayName: evil,
    userPrincipalName: `${evil}@contoso.com`,
    roles: [{ name: evil, peers: { kind: 'department', name: evil, holders: 1, people: 20 } }],
    accounts: [accountOf({}, { key: evil, since: 'renamed', was: evil })],
    decisions: [{ review: evil, decision: 'Deny', by: evil, at: '2026-09-14T10:00:00Z', justification: `\n${evil}` }],
  });
  const context = contextOf([person], {
    application: evil,
    notes: [evil],
    roles: [{ name: evil, description: evil, people: 1 }],
    last: { name: evil, on: '2026-09-01', changes: evil },
  });
  const html = await textOf(companionHtml(dataOf(context)));
  expect(html.match(/<script/g)).toHaveLength(1);
  expect(html).toContain('&lt;script&gt;alert(1)');
  const csv = await textOf(companionCsv(dataOf(context)));
  const [head, row] = parse(csv, { bom: true }) as string[][];
  expect(head!.slice(0, 3)).toEqual(['person', 'decision', 'justification']);
  expect(row!.flatMap((cell) => cell.split(/[\n;]/)).filter((line) => /^\s*[=+@-]/.test(line))).toEqual([]);
  // A name that would be altered is no name to decide by.
  expect(row![0]).toBe('ana');
});

test('the page has no address and names no moment of its making', async () => {
  const html = await textOf(companionHtml(dataOf(contextOf([reviewedPerson()]))));
  expect(html).not.toMatch(/\b(?:src|href)=/);
  expect(html.match(/<time datetime="[^"]*"/g)).toEqual([
    '<time datetime="2026-12-01T00:00:00Z"',
    '<time datetime="2026-12-15T00:00:00Z"',
    '<time datetime="2026-11-25T08:00:00.000Z"',
  ]);
});

test('of very many people the page lists those who deserve a look first, and says so; the CSV lists all', async () => {
  const people = Array.from({ length: LISTED + 1 }, (_, n) => reviewedPerson({ id: `p${n}`, displayName: `p${n}` }));
  const data = dataOf(contextOf([...people, reviewedPerson({ id: 'left', displayName: 'Zoe', isEnabled: false })]));
  const html = await textOf(companionHtml(data));
  expect(html.match(/<tr class=/g)).toHaveLength(LISTED);
  expect(html).toContain('Of 5,002 people, this page lists the 5,000 who deserve a look first.');
  expect(html).toContain('Zoe');
  expect(parse(await textOf(companionCsv(data)), { bom: true })).toHaveLength(LISTED + 3);
});

test('what is not known is told as such', async () => {
  const context = contextOf([reviewedPerson()], { peersKnown: false });
  const html = await textOf(companionHtml(dataOf(context)));
  expect(html).toContain('No evidence either way');
  expect(html).toContain('Can be used: <bdi>not known</bdi>');
  expect(html).toContain('this sign-in may not read users');
  expect(html).toContain('This is the first review');
});
