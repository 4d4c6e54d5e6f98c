// A review takes a licence for each person who is reviewed and each who reviews: looked at before it starts.
import { expect, test } from 'vitest';
import { reviewWorld, signedInAs } from './support/reviewing.ts';

const PEOPLE = ['ana', 'bo', 'cy'];
const BY = '{ reviewers: [{ user: owner@contoso.com }, { user: ana@contoso.com }], durationInDays: 7 }';

test('a review that takes more seats than there are stops, and is started only when that is allowed by name', async () => {
  const it = await reviewWorld({ review: BY, people: PEOPLE, tenant: { seats: 3 } }, 'review-seats');
  const before = await it.world.writes();
  const planned = await it.rollcall('review', 'start', '--what-if');
  expect(planned.out).toMatch(
    /Guard "seats" stops this plan: the licences are for 3 people, and the review takes 4 people \(3 reviewed, 2 reviewing\)/,
  );
  const stopped = await it.rollcall('review', 'start', '--yes', '--allow', 'reviewers', 'deny', 'recommendation');
  expect(stopped.status).toBe(2);
  expect(stopped.err).toMatch(/Please add one seat of Microsoft Entra ID P2 .*\n.*with --allow seats\./);
  expect(await it.world.writes()).toBe(before);
  expect(await it.json(0, 'review', 'start', '--yes', '--allow', 'seats')).toMatchObject({ done: { startReview: 1 } });
});

test('without any licence the guard says so, and the directory refuses what was allowed all the same', async () => {
  const it = await reviewWorld({ review: BY, people: PEOPLE, tenant: { seats: 0 } });
  const stopped = await it.rollcall('review', 'start', '--yes');
  expect(stopped.err).toMatch(/seats: no licence covers reviewing, and without one no access review runs/);
  const refused = await it.json(2, 'review', 'start', '--yes', '--allow', 'seats');
  expect(refused).toMatchObject({ results: { refused: 1 } });
  expect(JSON.stringify(refused['failures'])).toMatch(/license/);
});

test('where licences may not be read, the review starts and it is said that nobody knows whether they are enough', async () => {
  const administrators = { 'admin@contoso.com': ['Identity Governance Administrator'] };
  const it = await reviewWorld({ review: BY, people: PEOPLE, tenant: { tls: true, administrators } });
  // A user's session sees the tenant's name with less than it takes to see its licences.
  const permissions = ['User.Read', 'User.Read.All', 'Application.Read.All', 'AccessReview.ReadWrite.All'];
  await it.control('grant', { permissions });
  const admin = signedInAs(it.world, 'admin', BY, it.world.folder);
  const started = await admin.rollcall('review', 'start', '--yes');
  expect(started.status, started.err).toBe(0);
  expect(started.err).toMatch(
    /Whether there are licences for 4 people \(3 reviewed, 2 reviewing\) is not known: they may not be read/,
  );
});
