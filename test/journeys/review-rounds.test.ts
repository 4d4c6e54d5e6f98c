// A review through its whole life on the tenant's clock, by Rollcall's own commands: once, and again and again.
import { expect, test } from 'vitest';
import { decided, removalStates, reviewWorld } from './support/reviewing.ts';

const PEOPLE = ['ana', 'bo', 'cy'];
const BY_OWNER = 'reviewers: [{ user: owner@contoso.com }]';

test('a review happens once: it begins, is decided, ends, is applied, and its refusals are followed until they are gone', async () => {
  const it = await reviewWorld({ review: `{ ${BY_OWNER}, durationInDays: 14 }`, people: PEOPLE }, 'review-once');
  await it.json(0, 'review', 'start', '--yes');
  expect((await it.rollcall('review', 'remind', '--yes')).err).toMatch(/still looks up who reviews whom/);

  await it.advance('P1D');
  // Whoever starts it again, be it a day later, starts nothing.
  expect((await it.rollcall('review', 'start', '--yes')).out).toMatch(/it is so already/);
  const status = await it.json(2, 'review', 'status');
  expect(status).toMatchObject({ isOpen: true, number: 1, daysLeft: 12, people: 3, decided: 0, stages: [] });
  expect(status).toMatchObject({ notBegun: ['owner@contoso.com'] });
  await it.decide(['owner', 'ana', 'Approve', 'uses it daily'], ['owner', 'bo', 'Deny', 'has left the team']);
  expect(await it.json(2, 'review', 'status')).toMatchObject({ decided: 2, notBegun: [] });
  const running = await it.rollcall('review', 'results');
  expect(running.out).toMatch(/It still runs/);
  expect(running.status).toBe(2);

  await it.advance('P14D');
  expect(await it.json(0, 'review', 'status')).toMatchObject({ isOpen: false, daysLeft: null, byDefault: 0 });
  expect((await it.rollcall('review', 'remind', '--yes')).err).toMatch(/has ended/);
  const planned = await it.rollcall('review', 'apply', '--what-if');
  expect(planned.out).toMatch(/the access of one person was refused, and is removed/);
  expect(await it.json(0, 'review', 'apply', '--yes')).toMatchObject({ done: { applyDecisions: 1 } });
  await it.advance('PT1H');
  expect((await it.rollcall('review', 'apply', '--yes')).out).toMatch(/it is so already/);
  expect(await it.assigned()).toEqual(['ana', 'cy']);

  const results = await it.json(2, 'review', 'results');
  expect(decided(results)).toEqual({
    ana: 'Approve owner AppliedSuccessfully',
    bo: 'Deny owner AppliedSuccessfully',
    cy: 'NotReviewed nobody New',
  });
  expect(results).toMatchObject({ removals: { added: 1, known: 0, unfound: 0 } });

  // Gone from the application, and nobody brings it back by looking at the results again.
  it.accounts('ana', 'cy');
  expect(await it.json(0, 'reconcile')).toMatchObject({
    removals: { confirmed: [{ account: { key: 'bo@contoso.com' } }] },
  });
  expect(await it.json(0, 'review', 'results')).toMatchObject({ removals: { added: 0, known: 0, unfound: 1 } });
  expect(removalStates(await it.json(0, 'removals', 'list'))).toEqual({ bo: 'confirmed' });
});

test('a review comes each week: its rounds are told apart, and the refusals of each become removals once', async () => {
  const review = `{ ${BY_OWNER}, durationInDays: 7, recurrence: weekly }`;
  const it = await reviewWorld({ review, people: [...PEOPLE, 'di'] }, 'review-weekly');
  await it.json(0, 'review', 'start', '--yes');
  await it.advance('PT1H');
  await it.decide(['owner', 'bo', 'Deny', 'first week'], ['owner', 'ana', 'Approve', 'first week']);

  await it.advance('P7D');
  // The second round runs, and the first is not forgotten.
  const second = await it.json(2, 'review', 'status');
  expect(second).toMatchObject({ number: 2, isOpen: true, people: 4, decided: 0, daysLeft: 6 });
  expect(await it.json(0, 'review', 'status', '--round', '1')).toMatchObject({ number: 1, isOpen: false, decided: 2 });
  expect((await it.rollcall('review', 'status', '--round', '9')).err).toMatch(/has no round 9; it has 3 so far/);
  const text = (await it.rollcall('review', 'status')).out;
  expect(text).toMatch(/, round 2: inprogress/);
  expect(text).toMatch(/^ {2}1 .*completed$/m);
  expect(text).toMatch(/^ {2}2 .*inprogress {2}\(this one\)$/m);
  expect(text).toMatch(/^ {2}3 .*notstarted$/m);
  expect(await it.json(2, 'review', 'results')).toMatchObject({ number: 1, removals: { added: 1, known: 0 } });
  expect((await it.rollcall('review', 'apply', '--what-if')).out).toMatch(/the access of one person was refused/);
  await it.json(0, 'review', 'apply', '--yes');
  expect(await it.json(2, 'review', 'results', '--round', '2')).toMatchObject({ number: 2, isOpen: true });

  // Two rounds end before anybody looks.
  await it.decide(['owner', 'cy', 'Deny', 'second week']);
  await it.advance('P7D');
  await it.decide(['owner', 'di', 'Deny', 'third week'], ['owner', 'ana', 'Approve', 'third week']);
  await it.advance('P7D');
  const results = await it.json(2, 'review', 'results');
  expect(results).toMatchObject({ number: 3, removals: { added: 2, known: 1, unfound: 0 } });
  expect(results['taken']).toMatchObject([
    // What was applied meanwhile is looked at once more.
    { number: 1, refused: 1, added: 0, known: 1 },
    { number: 2, refused: 1, added: 1 },
    { number: 3, refused: 1, added: 1 },
  ]);
  expect(await it.json(0, 'review', 'results')).toMatchObject({ removals: { added: 0, known: 1 } });
  expect(removalStates(await it.json(2, 'removals', 'list'))).toEqual({ bo: 'open', cy: 'open', di: 'open' });
  for (const round of ['2', '3']) await it.json(0, 'review', 'apply', '--round', round, '--yes');
  await it.advance('PT1H');
  expect(await it.assigned()).toEqual(['ana']);

  // Another review does not join it; it ends for good when the series is stopped.
  it.configure(`{ ${BY_OWNER}, durationInDays: 3 }`);
  expect((await it.rollcall('review', 'start', '--yes')).err).toMatch(/comes again.*\n.*--series/);
  expect(await it.json(0, 'review', 'stop', '--yes')).toMatchObject({ done: { stopReview: 1 } });
  expect(await it.json(0, 'review', 'stop', '--series', '--yes')).toMatchObject({ done: { stopSeries: 1 } });
  expect((await it.rollcall('review', 'stop', '--series', '--yes')).err).toMatch(/has ended/);
  await it.advance('P8D');
  expect(await it.json(0, 'review', 'status')).toMatchObject({ number: 4, isOpen: false });
  expect(await it.json(0, 'review', 'start', '--yes')).toMatchObject({ done: { startReview: 1 } });
});

test('a review comes each quarter: whoever was refused and stays is reviewed again, and one removal stands for both', async () => {
  const review = `{ ${BY_OWNER}, durationInDays: 14, recurrence: quarterly, ends: { after: 2 } }`;
  const it = await reviewWorld({ review, people: PEOPLE }, 'review-quarterly');
  await it.json(0, 'review', 'start', '--yes');
  await it.advance('PT1H');
  await it.decide(['owner', 'bo', 'Deny', 'first quarter'], ['owner', 'cy', 'Deny', 'first quarter']);
  await it.advance('P14D');
  await it.json(2, 'review', 'results');

  // Between two rounds nobody can decide, and starting again changes nothing.
  expect(await it.json(0, 'review', 'status')).toMatchObject({ number: 1, isOpen: false });
  expect((await it.rollcall('review', 'start', '--yes')).out).toMatch(/it is so already/);
  it.accounts('ana', 'bo');
  expect(await it.json(2, 'reconcile')).toMatchObject({
    removals: {
      confirmed: [{ account: { key: 'cy@contoso.com' } }],
      remaining: [{ account: { key: 'bo@contoso.com' } }],
    },
  });

  await it.advance('P79D');
  expect(await it.json(2, 'review', 'status')).toMatchObject({ number: 2, isOpen: true, people: 3, decided: 0 });
  await it.decide(['owner', 'bo', 'Deny', 'still here'], ['owner', 'ana', 'Approve', 'second quarter']);
  await it.advance('P14D');
  expect(await it.json(0, 'review', 'results')).toMatchObject({ number: 2, removals: { added: 0, known: 1 } });
  expect(removalStates(await it.json(2, 'removals', 'list'))).toEqual({ bo: 'open', cy: 'confirmed' });
  expect((await it.rollcall('review', 'stop', '--series', '--yes')).err).toMatch(/has ended/);
});

test('a review is stopped in the middle: what was decided by then stands, and the rest is decided by nobody', async () => {
  const it = await reviewWorld({ review: `{ ${BY_OWNER}, durationInDays: 14 }`, people: PEOPLE }, 'review-stopped');
  await it.json(0, 'review', 'start', '--yes');
  await it.advance('P3D');
  await it.decide(['owner', 'bo', 'Deny', 'has left']);
  expect((await it.rollcall('review', 'stop', '--what-if')).out).toMatch(/what is decided by then stands/);
  expect(await it.json(0, 'review', 'stop', '--yes')).toMatchObject({ done: { stopReview: 1 } });
  expect((await it.rollcall('review', 'apply', '--yes')).err).toMatch(/still closes it/);
  await it.advance('PT10M');
  expect((await it.decide(['owner', 'ana', 'Deny', 'too late'])).status).toBe(2);
  expect((await it.rollcall('review', 'start', '--what-if')).out).toMatch(/start the review .*once from/);
  await it.json(0, 'review', 'apply', '--yes');
  await it.advance('PT10M');
  expect(decided(await it.json(2, 'review', 'results'))).toMatchObject({
    ana: 'NotReviewed nobody New',
    bo: 'Deny owner AppliedSuccessfully',
  });
  expect(await it.assigned()).toEqual(['ana', 'cy']);
});

test('a review that is to begin later is stopped before it has begun', async () => {
  const startsOn = new Date(Date.now() + 5 * 86_400_000).toISOString().slice(0, 10);
  const it = await reviewWorld({ review: `{ ${BY_OWNER}, durationInDays: 7, startsOn: ${startsOn} }`, people: PEOPLE });
  await it.json(0, 'review', 'start', '--yes');
  await it.advance('P1D');
  expect((await it.rollcall('review', 'start', '--yes')).out).toMatch(/it is so already/);
  expect((await it.rollcall('review', 'remind', '--yes')).err).toContain(`has not begun: it begins on ${startsOn}`);
  expect(await it.json(0, 'review', 'status')).toMatchObject({ isOpen: true, people: 0, notBegun: [] });
  expect(await it.json(0, 'review', 'stop', '--yes')).toMatchObject({ done: { stopSeries: 1 } });
  expect((await it.rollcall('review', 'start', '--yes')).err).toMatch(
    /was started already, and has ended.*\n.*review.name/,
  );
});

test('nobody decides: without a default everybody keeps the access, and nothing becomes a removal', async () => {
  const it = await reviewWorld({ review: `{ ${BY_OWNER}, durationInDays: 7 }`, people: PEOPLE }, 'review-nobody');
  await it.json(0, 'review', 'start', '--yes');
  await it.advance('P8D');
  const status = await it.json(0, 'review', 'status');
  expect(status).toMatchObject({ people: 3, decided: 0, byDefault: 0, notBegun: ['owner@contoso.com'] });
  expect((await it.rollcall('review', 'apply', '--what-if')).out).toMatch(/the access of nobody was refused/);
  await it.json(0, 'review', 'apply', '--yes');
  await it.advance('PT1H');
  const results = await it.json(0, 'review', 'results');
  expect(new Set(Object.values(decided(results)))).toEqual(new Set(['NotReviewed nobody New']));
  expect(results).toMatchObject({ removals: { added: 0, known: 0, unfound: 0 } });
  expect(await it.assigned()).toEqual(PEOPLE);
});
