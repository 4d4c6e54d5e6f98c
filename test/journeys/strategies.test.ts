// Both strategies give the same outcomes for any roster and directory: matched against a tenant over HTTP, both ways.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect } from '../../src/graph/connect.ts';
import { credentialFor } from '../../src/graph/sign-in.ts';
import { matchAccounts } from '../../src/match/match.ts';
import type { Account, Cell, Roster } from '../../src/model/account.ts';
import type { Directory } from '../../src/model/directory.ts';
import { OUTCOME_KINDS, type Outcome, type OutcomeKind } from '../../src/model/outcome.ts';
import type { MatchRule, MatchSettings, Override, Strategy, Transform } from '../../src/model/settings.ts';
import { startTenant } from '../../src/tenant/server.ts';

// Letters whose cases do not come in pairs, signs that mean something in a URL or a filter, marks that combine, blanks.
const LETTERS = [...'aAkKsSiIeEσΣςßẞſıİéÉ中א𝒳', '\u212a', 'e\u0301', 'i\u0307', 'ﬁ', '😀', '\u200d'];
const SIGNS = [..."''&#+%\"\\*_(){}/?=;,$@!<>|`~^-.:", ' ', '\u00a0', '%27', "' or '1'='1"];
const UNASKABLE = ['\0', '\n', '\t', '\u0085', '\ud800', '\udc00', 'x'.repeat(1025)];

const word = fc.oneof(
  fc.string({ unit: fc.constantFrom(...LETTERS), minLength: 1, maxLength: 3 }),
  fc.string({ unit: fc.constantFrom(...LETTERS, ...SIGNS), minLength: 1, maxLength: 4 }),
);
/** The few words of one world, in all spellings and beginnings: few enough to meet often. */
const textOf = (words: readonly string[]): fc.Arbitrary<string> =>
  fc
    .tuple(fc.constantFrom(...words), fc.constantFrom(...SPELLINGS))
    .map(([text, spelling]) => spelling(text))
    .filter((text) => text !== '');
const SPELLINGS: readonly ((text: string) => string)[] = [
  (text) => text,
  (text) => text,
  (text) => text.toUpperCase(),
  (text) => text.toLowerCase(),
  (text) => text.normalize('NFD'),
  (text) => [...text].slice(0, -1).join(''),
];

const GUID_OF = (index: number) => `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`;

const userOf = (text: fc.Arbitrary<string>) =>
  fc.record(
    {
      displayName: text,
      surname: text,
      employeeId: text.map((id) => id.slice(0, 16).toWellFormed()),
      onPremisesSamAccountName: text,
      accountEnabled: fc.boolean(),
      proxyAddresses: fc.array(fc.tuple(fc.constantFrom('SMTP:', 'smtp:'), text).map(joined), { maxLength: 3 }),
      otherMails: fc.array(text, { maxLength: 3 }),
      onPremisesExtensionAttributes: fc.record({ extensionAttribute1: text }),
    },
    { requiredKeys: ['displayName', 'accountEnabled'] },
  );

const joined = (parts: readonly string[]): string => parts.join('');

const cellOf = (text: fc.Arbitrary<string>): fc.Arbitrary<Cell> =>
  fc.oneof(
    { weight: 12, arbitrary: text },
    { weight: 2, arbitrary: fc.constantFrom('', ' ', null) },
    { weight: 2, arbitrary: fc.nat(12).map((index) => `U${index}@Contoso.com`) },
    { weight: 1, arbitrary: fc.nat(12).map(GUID_OF) },
    { weight: 1, arbitrary: fc.tuple(text, fc.constantFrom(...UNASKABLE)).map(joined) },
  );
const rowOf = (cell: fc.Arbitrary<Cell>) => fc.tuple(cell, cell, fc.constantFrom('User', 'user ', 'Admin', ''));
const COLUMNS = ['A', '__proto__', 'Role'];

const column = fc.constantFrom('A', '__proto__');
const transforms: fc.Arbitrary<readonly Transform[]> = fc.constantFrom<readonly Transform[]>(
  [],
  [{ kind: 'trim' }],
  [{ kind: 'trim' }, { kind: 'lower' }],
  [{ kind: 'stripDomain' }],
);
const withPrefix: readonly Transform[] = [{ kind: 'trim' }, { kind: 'prefix', text: 'smtp:' }];

const ruleTaken: fc.Arbitrary<MatchRule> = fc.oneof(
  fc.record({
    column,
    attribute: fc.constantFrom(
      'displayName',
      'userPrincipalName',
      'employeeId',
      'onPremisesSamAccountName',
      'onPremisesExtensionAttributes/extensionAttribute1',
      'id',
    ),
    operator: fc.constant('equals' as const),
    transforms,
  }),
  fc.record({
    column,
    attribute: fc.constantFrom('displayName', 'surname', 'onPremisesSamAccountName'),
    operator: fc.constant('startsWith' as const),
    transforms,
  }),
  fc.record({ column, attribute: fc.constant('otherMails'), operator: fc.constant('any' as const), transforms }),
  fc.constantFrom<MatchRule>(
    { column: 'A', attribute: 'proxyAddresses', operator: 'any', transforms: withPrefix },
    { filter: "displayName eq '{A}' or surname eq '{__proto__}'", columns: ['A', '__proto__'], transforms: [] },
    { filter: "startsWith(displayName,'{A}')", columns: ['A'], transforms: [{ kind: 'trim' }] },
  ),
);
/** There is no such attribute, or the operator does not suit it. */
const ruleRefused = fc.constantFrom<MatchRule>(
  { column: 'A', attribute: 'nonsense', operator: 'equals', transforms: [] },
  { column: 'A', attribute: 'accountEnabled', operator: 'equals', transforms: [] },
  { column: 'A', attribute: 'proxyAddresses', operator: 'startsWith', transforms: [] },
  { column: 'A', attribute: 'displayName', operator: 'any', transforms: [] },
  { filter: "nonsense eq '{A}'", columns: ['A'], transforms: [] },
);
const rule = fc.oneof({ weight: 6, arbitrary: ruleTaken }, { weight: 1, arbitrary: ruleRefused });

const overrideOf = (text: fc.Arbitrary<string>): fc.Arbitrary<Override> =>
  fc.record({
    where: text.map((value) => ({ A: value })),
    decision: fc.oneof(
      fc.constant({ kind: 'ignore' as const }),
      fc.record({
        kind: fc.constant('match' as const),
        user: fc.oneof(
          fc.nat(15).map((index) => `u${index}@CONTOSO.com`),
          fc.nat(15).map(GUID_OF),
          text,
        ),
      }),
    ),
    reason: fc.constant('decided'),
    place: fc.constant('overrides.csv:2'),
  });

const world = fc.array(word, { minLength: 2, maxLength: 8 }).chain((words) => {
  const text = textOf(words);
  return fc.record({
    users: fc.array(userOf(text), { maxLength: 25, size: 'max' }),
    rows: fc.array(rowOf(cellOf(text)), { maxLength: 40, size: 'max' }),
    rules: fc.array(rule, { minLength: 1, maxLength: 3 }),
    overrides: fc.array(overrideOf(text), { maxLength: 3 }),
    roleColumn: fc.constantFrom(null, 'Role'),
  });
});
type World = typeof world extends fc.Arbitrary<infer Value> ? Value : never;

/** A tenant with these users, for as long as `use` needs it. */
const withDirectory = async <T>(users: World['users'], use: (directory: Directory) => Promise<T>): Promise<T> => {
  const tenant = await startTenant({});
  try {
    const named = users.map((properties, index) => ({
      id: GUID_OF(index),
      userPrincipalName: `u${index}@contoso.com`,
      mailNickname: `u${index}`,
      ...properties,
    }));
    const response = await fetch(`${tenant.authority}/_tenant/users`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ users: named }),
    });
    expect(response.ok, await response.text()).toBe(true);
    const { graph, authority, tenantId, clientId, clientSecret } = tenant;
    const signIn = { kind: 'clientSecret', clientId, secret: { env: 'SECRET' } } as const;
    const credential = await credentialFor(
      { kind: 'tenant', graph, tenant: tenantId, authority, signIn, caFile: null },
      { readSecret: async () => clientSecret, onMessage: () => {} },
    );
    return await use(connect({ graph, credential }));
  } finally {
    await tenant.close();
  }
};

let scratchFolder: string;
beforeAll(() => {
  scratchFolder = mkdtempSync(join(tmpdir(), 'rollcall-strategies-'));
});
afterAll(() => rmSync(scratchFolder, { recursive: true, force: true }));

const outcomesOf = async ({ rows, ...rest }: World, strategy: Strategy, directory: Directory): Promise<Outcome[]> => {
  const settings: MatchSettings = { ...rest, strategy };
  const roster: Roster = {
    hash: 'sha256:0',
    application: 'CORPDB1',
    columns: COLUMNS,
    rows: rows.length,
    source: 'test',
    collectedAt: '2026-01-01T00:00:00Z',
    notes: [],
  };
  const accounts = async function* (): AsyncGenerator<Account> {
    for (const [index, cells] of rows.entries()) yield { n: index + 1, cells };
  };
  const outcomes: Outcome[] = [];
  for await (const outcome of matchAccounts({ roster, accounts, settings, directory, scratchFolder }))
    outcomes.push(withoutReference(outcome));
  return outcomes;
};

/** Each refusal has a request id and date of its own; all else of an outcome must agree. */
const withoutReference = ({ reason, ...outcome }: Outcome): Outcome => ({
  ...outcome,
  ...(reason !== undefined && { reason: reason.replaceAll(/ \(request-id [^)]*\)/g, '') }),
});

test('both strategies give the same outcomes for any roster and directory', { timeout: 300_000 }, async () => {
  const seen = new Set<OutcomeKind>();
  await fc.assert(
    fc.asyncProperty(world, async (world) => {
      await withDirectory(world.users, async (directory) => {
        const byLookups = await outcomesOf(world, 'lookups', directory);
        const byReading = await outcomesOf(world, 'directory', directory);
        expect(byReading).toEqual(byLookups);
        expect(byLookups.map(({ n }) => n)).toEqual(world.rows.map((_, index) => index + 1));
        for (const { kind } of byLookups) seen.add(kind);
      });
    }),
    { numRuns: 100 },
  );
  // Sameness would mean little if the worlds were too plain to show every outcome.
  expect([...seen].sort()).toEqual([...OUTCOME_KINDS].sort());
});
