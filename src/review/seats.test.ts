import { expect, test } from 'vitest';
import type { Licence } from '../model/directory.ts';
import { seatsFor } from './seats.ts';

const P1 = '41781fb2-bc02-4b7c-bd55-b576c07bb09d';
const P2 = 'eec0eb4f-6444-4f95-aba0-50c24d67f998';
const GOVERNANCE = 'e866a266-3cff-43a3-acca-0c90a7e00c8b';
const licence = (seats: number, more: Partial<Licence> = {}): Licence => ({
  name: 'EMSPREMIUM',
  status: 'Enabled',
  seats,
  servicePlans: [P1, P2],
  ...more,
});
const ids = (...names: string[]) => new Set(names);
const members = new Set(Array.from({ length: 75 }, (_, n) => `member ${n}`));
const seats = (licences: readonly Licence[] | null, reviewed = members, reviewers = ids('owner')) =>
  seatsFor({ licences, reviewed, reviewers });
const nothing = { guards: [], notes: [] };

test('75 people who are reviewed and one who reviews take 76 seats', () => {
  expect(seats([licence(76)])).toEqual(nothing);
  const { guards } = seats([licence(75)]);
  expect(guards).toMatchObject([{ guard: 'seats' }]);
  expect(guards[0]!.message).toMatch(/for 75 people, and the review takes 76 people \(75 reviewed, 1 reviewing\)/);
  expect(guards[0]!.message).toMatch(/Please add one seat of Microsoft Entra ID P2 or Microsoft Entra ID Governance\./);
});

test('whoever reviews and is reviewed takes one seat', () => {
  expect(seats([licence(2)], ids('ana', 'bo'), ids('ana', 'bo'))).toEqual(nothing);
  expect(seats([licence(2)], ids('ana', 'bo'), ids('ana', 'cy')).guards[0]!.message).toMatch(/Please add one seat/);
});

test('seats of several licences of a plan add up, those that hold both plans count once', () => {
  expect(seats([licence(50), licence(26, { servicePlans: [P2] })])).toEqual(nothing);
  expect(seats([licence(50), licence(50, { servicePlans: [GOVERNANCE] })]).guards).toHaveLength(1);
});

test.each<[string, readonly Licence[], RegExp]>([
  ['none', [], /no licence covers reviewing, and .* Please get Microsoft Entra ID P2/],
  ['P1 alone', [licence(900, { servicePlans: [P1] })], /no licence covers reviewing, and/],
  [
    'one that has ended',
    [licence(900, { status: 'Suspended' })],
    /EMSPREMIUM has ended \(Suspended\).*Please renew it/,
  ],
])('without a licence in force (%s) no review runs, and that is said', (_name, licences, told) => {
  expect(seats(licences).guards[0]!.message).toMatch(told);
});

test('licences that may not be read are no reason to stop, and it is said that nobody knows', () => {
  const { guards, notes } = seats(null);
  expect(guards).toEqual([]);
  expect(notes).toEqual([
    expect.stringMatching(/licences for 76 people .* is not known.*LicenseAssignment\.Read\.All/),
  ]);
});
