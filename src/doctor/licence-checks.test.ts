import { expect, test } from 'vitest';
import { reviewBy } from '../../test/support/review.ts';
import type { Licence } from '../model/directory.ts';
import { type LicenceInput, licenceChecks } from './licence-checks.ts';

const P1 = '41781fb2-bc02-4b7c-bd55-b576c07bb09d';
const P2 = 'eec0eb4f-6444-4f95-aba0-50c24d67f998';
const GOVERNANCE = 'e866a266-3cff-43a3-acca-0c90a7e00c8b';

const review = reviewBy(['ana@contoso.com', 'bo@contoso.com']);

const licence = (name: string, servicePlans: readonly string[], more: Partial<Licence> = {}): Licence => ({
  name,
  status: 'Enabled',
  seats: 100,
  servicePlans,
  ...more,
});

const checksOf = (licences: LicenceInput['licences'], more: Partial<LicenceInput> = {}) =>
  Object.fromEntries(
    licenceChecks({ licences, review, accounts: 90, ...more }).map(({ name, ...check }) => [name, check]),
  );

test.each([
  ['P2', [licence('EMSPREMIUM', [P1, P2])]],
  ['Governance on P1', [licence('Microsoft_Entra_ID_Governance', [GOVERNANCE]), licence('EMS', [P1])]],
])('%s lets the access be reviewed', (_name, licences) => {
  expect(checksOf(licences)).toMatchObject({ licences: { status: 'ok' }, seats: { status: 'ok' } });
});

test.each<[string, readonly Licence[], string]>([
  ['no licence at all', [], 'Please get Microsoft Entra ID P2 or Microsoft Entra ID Governance'],
  ['P1 alone', [licence('EMS', [P1])], 'Please get Microsoft Entra ID P2'],
  ['one that has ended', [licence('SPE_E5', [P2], { status: 'Suspended' })], 'Please renew SPE_E5'],
  ['Governance with nothing under it', [licence('Gov', [GOVERNANCE])], 'stands on Microsoft Entra ID P1 or P2'],
  ['one that ends soon', [licence('EMSPREMIUM', [P2], { status: 'Warning' })], 'renew EMSPREMIUM before it ends'],
])('%s is for a person to see, with the words for whoever buys', (_name, licences, remedy) => {
  const { licences: check } = checksOf(licences);
  expect(check!.status).toBe('warning');
  expect(check!.remedy).toContain(remedy);
});

test('an ended licence is named with its status, and has no seats', () => {
  const checks = checksOf([licence('SPE_E5', [P2], { status: 'LockedOut' })]);
  expect(checks['licences']!.found).toContain('SPE_E5 has ended (LockedOut)');
  expect(checks).not.toHaveProperty('seats');
});

test('seats are for everybody who is reviewed and everybody who reviews', () => {
  const seats = (accounts: number) => checksOf([licence('EMSPREMIUM', [P2])], { accounts })['seats']!;
  expect(seats(98).status).toBe('ok');
  expect(seats(99)).toMatchObject({ status: 'warning', details: { seats: 100, needed: 101 } });
  expect(seats(99).remedy).toContain('add one seat of');
});

test('who holds P2 and Governance is licensed once', () => {
  const both = [licence('EMSPREMIUM', [P2], { seats: 300 }), licence('Gov', [GOVERNANCE], { seats: 200 })];
  expect(checksOf(both)['seats']!.details).toMatchObject({ seats: 300 });
  const suites = [licence('Suite', [P2, GOVERNANCE], { seats: 300 }), licence('SPE_E5', [P2], { seats: 200 })];
  expect(checksOf(suites)['seats']!.details).toMatchObject({ seats: 500 });
});

test('without a review nothing needs a licence, readable or not', () => {
  expect(checksOf([], { review: null })).toMatchObject({ licences: { status: 'ok' } });
  expect(checksOf(null, { review: null })).toMatchObject({ licences: { status: 'ok' } });
  expect(checksOf(null)).toMatchObject({ licences: { status: 'warning' } });
});
