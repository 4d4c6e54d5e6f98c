// Whatever the file: either there is no roster, or each of its rows has exactly one outcome and they add up.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'csv-stringify/sync';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import {
  collect,
  connect,
  credentialFor,
  loadSettings,
  match,
  OUTCOME_KINDS,
  type Outcome,
  openWork,
  SourceError,
} from '../../src/index.ts';
import { startTenant } from '../../src/tenant/server.ts';
import { csvSourceOf } from '../support/csv-source.ts';
import { recordTo, temporaryFolder } from './support/world.ts';

const CONFIGURATION = `application: App
directory: local
source: { csv: { path: users.csv } }
match:
  - { column: EMail, attribute: userPrincipalName }
  - { column: EMail, attribute: proxyAddresses, transforms: [trim, { prefix: "smtp:" }] }
  - { column: __proto__, attribute: employeeId }
roles: { column: Role }
`;

const USERS = Array.from({ length: 12 }, (_, i) => ({
  displayName: `Person ${i}`,
  userPrincipalName: `p${i}@contoso.com`,
  mailNickname: `p${i}`,
  employeeId: `E${i % 5}`,
  accountEnabled: i % 3 !== 0,
  proxyAddresses: [`SMTP:p${i}@contoso.com`, `smtp:alias${i % 4}@contoso.com`],
}));

const KNOWN = [
  'p1@contoso.com',
  'P1@CONTOSO.COM',
  ' p2@contoso.com ',
  'alias1@contoso.com',
  'alias3@contoso.com',
  'E1',
  'E4',
  '',
];
const HOSTILE = [
  "o'brien@contoso.com",
  "x' or startsWith(userPrincipalName,'p') or 'a' eq '",
  'a&$filter=true',
  'a#b+c%20d%zz',
  '\u0000\u0007',
  'x'.repeat(10_000),
  '\ud83d\ude00王芳Ωمحمد',
  '=cmd|calc',
  '"quoted", with a comma\nand a line',
  '__proto__',
  'constructor',
];
const cell = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...KNOWN) },
  { weight: 2, arbitrary: fc.constantFrom(...HOSTILE) },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 20 }) },
);
const COLUMNS = ['EMail', '__proto__', 'Role'];
const rows = fc.array(fc.tuple(cell, cell, fc.constantFrom('USR', 'ADM', '')), { minLength: 1, maxLength: 40 });

const EVERY_OUTCOME: [string, string, 'USR' | 'ADM' | ''][] = [
  ['p1@contoso.com', '', 'USR'],
  ['P1@CONTOSO.COM', '', 'USR'],
  ['', '', 'USR'],
  ['nobody@contoso.com', '', 'ADM'],
  ['alias1@contoso.com', '', 'USR'],
];

/** Ways to break a file; most of them leave no roster. */
const damage = fc.constantFrom<(text: string, at: number) => string>(
  (text) => text,
  (text, at) => text.slice(0, at),
  (text, at) => `${text.slice(0, at)}"${text.slice(at)}`,
  (text, at) => `${text.slice(0, at)},${text.slice(at)}`,
  (text, at) => `${text.slice(0, at)}\u0000${text.slice(at)}`,
  (text, at) => `${text.slice(0, at)}\n\n${text.slice(at)}`,
  (text) => `<!doctype html>${text}`,
  (text) => text.replace('EMail', 'Mail'),
);

test('the outcomes of any file add up to its rows, and a broken file leaves no roster', {
  timeout: 300_000,
}, async () => {
  const tenant = await startTenant(recordTo('accounts-add-up'));
  onTestFinished(() => tenant.close());
  const seeded = await fetch(`${tenant.authority}/_tenant/users`, {
    method: 'POST',
    body: JSON.stringify({ users: USERS }),
  });
  expect(seeded.ok).toBe(true);
  const folder = temporaryFolder();
  const { graph, authority, tenantId, clientId, clientSecret } = tenant;
  const signIn = { kind: 'clientSecret', clientId, secret: { env: 'UNUSED' } } as const;
  const credential = await credentialFor(
    { kind: 'tenant', tenant: tenantId, graph, authority, signIn, caFile: null },
    { readSecret: async () => clientSecret, onMessage: () => undefined },
  );
  const seen = new Set<string>();
  let refused = 0;
  let run = 0;

  await fc.assert(
    fc.asyncProperty(rows, damage, fc.double({ min: 0, max: 1, noNaN: true }), async (table, harm, where) => {
      run += 1;
      const place = join(folder, String(run));
      mkdirSync(place);
      const whole = stringify([COLUMNS, ...table]);
      writeFileSync(join(place, 'users.csv'), harm(whole, Math.floor(where * whole.length)));
      writeFileSync(join(place, 'rollcall.yaml'), CONFIGURATION);
      const settings = await loadSettings(join(place, 'rollcall.yaml'));
      const work = await openWork({
        settings,
        source: csvSourceOf(settings),
        connect: async () => connect({ graph, credential }),
        purpose: 'test',
      });
      try {
        const collected = await collect(work).catch((error: unknown) => error);
        if (collected instanceof Error) {
          refused += 1;
          expect(collected instanceof SourceError || collected.name === 'ConfigError', String(collected)).toBe(true);
          expect(await work.store.latestRoster(settings.application.uniqueName)).toBeUndefined();
          return;
        }
        const { roster } = collected as Awaited<ReturnType<typeof collect>>;
        const { matching } = await match(work, roster);
        const outcomes: Outcome[] = [];
        for await (const outcome of work.store.outcomes(matching)) outcomes.push(outcome);
        expect(outcomes.map(({ n }) => n)).toEqual(Array.from({ length: roster.rows }, (_, i) => i + 1));
        const counts = matching.counts;
        expect(counts.rows).toBe(roster.rows);
        expect(OUTCOME_KINDS.reduce((sum, kind) => sum + counts[kind], 0)).toBe(roster.rows);
        for (const { kind } of outcomes) seen.add(kind);
      } finally {
        await work.close();
      }
    }),
    // The first file shows each outcome, so that what chance leaves out is seen all the same.
    { numRuns: 120, examples: [[EVERY_OUTCOME, (text) => text, 0]] },
  );
  // A property over files that are all whole, or all broken, would say little.
  expect(refused).toBeGreaterThan(10);
  expect([...seen]).toEqual(expect.arrayContaining(['matched', 'notQueried', 'duplicate', 'notMatched', 'ambiguous']));
});
