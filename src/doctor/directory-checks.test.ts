import { expect, test } from 'vitest';
import type { MatchRule } from '../model/settings.ts';
import { clockFound, domainsFound, quotaFound, sizeFound } from './directory-checks.ts';

const SECOND = 1000;
const RULE: MatchRule = { column: 'EMail', attribute: 'mail', operator: 'equals', transforms: [] };

const rules = (count: number) => ({
  match: { rules: Array(count).fill(RULE), overrides: [], strategy: 'auto' as const, roleColumn: null },
});

const oneRule = rules(1);

test.each([
  [0, 'ok'],
  [59 * SECOND, 'ok'],
  [-60 * SECOND, 'warning'],
  [299 * SECOND, 'warning'],
  [300 * SECOND, 'failed'],
  [-3600 * SECOND, 'failed'],
  [null, 'warning'],
] as const)('a clock %s ms away is %s', (skew, status) => {
  const check = clockFound(skew);
  expect(check.status).toBe(status);
  expect(check.remedy === undefined).toBe(status === 'ok');
});

test('it is told which clock is ahead', () => {
  expect(clockFound(90 * SECOND).found).toContain('90 s behind');
  expect(clockFound(-90 * SECOND).found).toContain('90 s ahead of');
});

test.each([
  [49, 'S', 3500],
  [50, 'M', 5000],
  [500, 'M', 5000],
  [501, 'L', 8000],
])('a directory of %i users is of size %s', (users, size, unitsPer10s) => {
  expect(sizeFound(users, oneRule, 10).details).toMatchObject({ users, size, unitsPer10s });
});

test('an embedded directory without users is pointed out', () => {
  const found = sizeFound(0, oneRule, 10, true);
  expect(found).toMatchObject({ status: 'warning', remedy: expect.stringContaining('people.ndjson') });
  expect(sizeFound(0, oneRule, 10).status).toBe('ok');
});

test('the published limits are told in minutes for the roster', () => {
  expect(sizeFound(1_000_000, oneRule, 60_000).details).toMatchObject({ minutes: { assigning: 50 } });
  expect(sizeFound(2_000_000, rules(4), 1_000_000).found).toContain('at least 833.4 minutes to assign');
  expect(sizeFound(100, oneRule, undefined).details).not.toHaveProperty('minutes');
});

const guards = {
  maxCreateShare: 0.25,
  maxAssignShare: 1,
  maxRemoveShare: 0.1,
  maxShrinkShare: 1,
  maxGrowShare: 1,
  floor: 20,
};
const creating = { create: { attributes: {} }, guards };
const OWN = { ownDomains: ['contoso.com'] };
const NONE = { ownDomains: [] };

test('users to create have to fit into what a directory may have', () => {
  expect(quotaFound(44_000, NONE, { create: null, guards }, 9000).status).toBe('ok');
  expect(quotaFound(44_000, NONE, creating, 9000)).toMatchObject({
    status: 'warning',
    details: { creations: 2250, quota: 50_000, isEstimate: true },
  });
  expect(quotaFound(44_000, OWN, creating, 9000)).toMatchObject({ status: 'ok', details: { quota: 300_000 } });
  expect(quotaFound(50_000, NONE, creating, 9000).status).toBe('failed');
  expect(quotaFound(50_000, NONE, { create: null, guards }, 9000).status).toBe('warning');
});

test('no more can be created than there are accounts, and a small roster as many as the guards let pass', () => {
  expect(quotaFound(10, OWN, creating, 12).details).toMatchObject({ creations: 12 });
  expect(quotaFound(10, OWN, creating, 40).details).toMatchObject({ creations: 20 });
  expect(quotaFound(10, OWN, creating, undefined).details).toMatchObject({ creations: 0 });
});

const tenant = (...verifiedDomains: readonly string[]) => ({
  tenantId: 't',
  displayName: 'Contoso',
  verifiedDomains,
  ownDomains: verifiedDomains,
});

test('domains of new user principal names that the tenant has not verified are counted', () => {
  const facts = {
    accounts: 9,
    newUserDomains: new Map([
      ['contoso.com', 4],
      ['partner.example.net', 2],
      ['old.example', 3],
    ]),
  };
  const check = domainsFound(tenant('Contoso.com'), { attributes: {} }, facts);
  expect(check).toMatchObject({
    status: 'warning',
    details: { others: { 'old.example': 3, 'partner.example.net': 2 } },
  });
  expect(check.found).toContain('old.example (3), partner.example.net (2)');
  expect(domainsFound(tenant('Contoso.com'), null, facts).status).toBe('ok');
  expect(domainsFound(tenant(), { attributes: {} }, facts).status).toBe('failed');
});
