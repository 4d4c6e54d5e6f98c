// A reviewer decides from a file, signed in in person, on a machine that has nothing but the configuration.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { commandHere } from './support/in-process.ts';
import { decided, type ReviewWorld, reviewWorld, type SignedIn, signedInAs } from './support/reviewing.ts';
import { stats } from './support/world.ts';

const REVIEW = '{ reviewers: [{ manager: true }], fallback: [{ user: owner@contoso.com }], durationInDays: 14 }';

/** Max reviews Ana and Bo, Mia reviews Cy, and the owner whoever has no manager. */
const running = async (name?: string): Promise<ReviewWorld> => {
  const it = await reviewWorld(
    {
      review: REVIEW,
      people: [{ name: 'ana', manager: 'max' }, { name: 'bo', manager: 'max' }, { name: 'cy', manager: 'mia' }, 'di'],
      others: ['max', 'mia'],
      tenant: { tls: true },
    },
    name,
  );
  await it.json(0, 'review', 'start', '--yes');
  await it.advance('PT1H');
  return it;
};

const write = ({ folder }: SignedIn, ...lines: readonly string[]): string => {
  const file = join(folder, 'decisions.csv');
  writeFileSync(file, `person,decision,justification\n${lines.map((line) => `${line}\n`).join('')}`);
  return file;
};

test('a reviewer previews and records decisions of his own, and the second time nothing is left to do', async () => {
  const it = await running('review-decide');
  const max = signedInAs(it.world, 'max', REVIEW);
  const file = write(max, 'ana@contoso.com,approve,works with it', 'bo@contoso.com,deny,has moved on');
  const before = await stats(it.world.tenant);
  const preview = await max.rollcall('review', 'decide', file, '--what-if');
  expect(preview.status, preview.err).toBe(2);
  expect(preview.out).toMatch(
    /2 decisions to record\n {4}approve the access of ana@contoso.com: works with it\n {4}refuse the access of bo/,
  );
  expect(preview.err).toMatch(/Yours to decide: 2, and none stays open\./);
  expect((await stats(it.world.tenant)).writes).toBe(before.writes);

  const recorded = await max.rollcall('review', 'decide', file, '--yes');
  expect(recorded.status, recorded.err).toBe(0);
  expect(recorded.out).toMatch(/2 decisions recorded/);
  expect((await stats(it.world.tenant)).writes).toBe(before.writes + 2);
  const status = await it.json(2, 'review', 'status');
  expect(status).toMatchObject({ decided: 2, byReviewer: [{ reviewer: 'max@contoso.com', decided: 2 }] });

  const again = await max.rollcall('review', 'decide', file, '--yes');
  expect(again.status, again.err).toBe(0);
  expect(again.out).toMatch(/Nothing to do: it is so already/);
  expect((await stats(it.world.tenant)).writes).toBe(before.writes + 2);

  expect(decided(await it.json(2, 'review', 'results'))).toMatchObject({
    ana: 'Approve max New',
    bo: 'Deny max New',
    cy: 'NotReviewed nobody New',
  });

  // What he did stands in the evidence on his own machine, which can be verified there, though it never had a list of accounts.
  const exported = await max.rollcall('evidence', 'export', '--to', join(max.folder, 'evidence'));
  expect(exported.err).toMatch(/The folder is not signed/);
  const verified = await commandHere(['evidence', 'verify', join(max.folder, 'evidence'), '--allow-unsigned']);
  expect(verified.status, `${verified.out}${verified.err}`).toBe(0);
});

test('in a review of several stages only what the stage that runs has before it can be decided', async () => {
  const review =
    '{ stages: [{ reviewers: [{ manager: true }], fallback: [{ user: owner@contoso.com }], durationInDays: 7 }, { reviewers: [{ user: owner@contoso.com }], durationInDays: 7 }] }';
  const it = await reviewWorld(
    {
      review,
      people: [{ name: 'ana', manager: 'max' }, 'bo', 'cy'],
      others: ['max'],
      tenant: { tls: true },
    },
    'review-decide-stages',
  );
  await it.json(0, 'review', 'start', '--yes');
  await it.advance('PT1H');
  await it.decide(
    ['max', 'ana', 'Approve', 'mine'],
    ['owner', 'bo', 'Deny', 'has left'],
    ['owner', 'cy', 'Approve', 'ok'],
  );
  await it.advance('P7D');
  const owner = signedInAs(it.world, 'owner', review);
  // Bo was refused in the first stage and has not moved on.
  const all = write(owner, 'ana@contoso.com,deny,not on the list', 'bo@contoso.com,approve,after all');
  const refused = await owner.rollcall('review', 'decide', all, '--yes');
  expect(refused.err).toMatch(/decisions.csv:3: bo@contoso.com is not among those whom you review/);
  const decidable = write(owner, 'ana@contoso.com,deny,not on the list');
  const recorded = await owner.rollcall('review', 'decide', decidable, '--yes');
  expect(recorded.status, recorded.err).toBe(0);
  expect(recorded.err).toMatch(/Yours to decide: 2; 1 of them stays open\./);
  expect(decided(await it.json(2, 'review', 'results'))).toMatchObject({
    ana: 'Deny owner New',
    bo: 'Deny owner New',
    cy: 'NotReviewed nobody New',
  });
});

test('lines that are not his to decide, or cannot be understood, are all named with their line, and nothing is written', async () => {
  const it = await running();
  const max = signedInAs(it.world, 'max', REVIEW);
  const file = write(
    max,
    'ana@contoso.com,approve,works with it',
    'cy@contoso.com,deny,she is of another team',
    'zoe@contoso.com,deny,',
    'di@contoso.com,perhaps,',
    ',deny,',
    'ana@contoso.com,deny,after all',
    'bo@contoso.com,approve,',
  );
  const { writes } = await stats(it.world.tenant);
  // Ana reviews nobody.
  const ana = signedInAs(it.world, 'ana', REVIEW);
  const [refused, nothing] = await Promise.all([
    max.rollcall('review', 'decide', file, '--yes'),
    ana.rollcall('review', 'decide', write(ana, 'ana@contoso.com,approve,myself'), '--yes'),
  ]);
  expect(nothing.err).toMatch(/nothing that ana@contoso.com is to decide about CORPDB1 now/);
  expect(refused.status).toBe(64);
  for (const told of [
    'decisions.csv:3: cy@contoso.com is not among those whom you review',
    'decisions.csv:4: zoe@contoso.com is not among those whom you review',
    'decisions.csv:5: "perhaps" is no decision; expected approve, deny or dontKnow',
    'decisions.csv:6: there is a decision about nobody',
    'decisions.csv:7: ana@contoso.com stands in line 2 already',
    'decisions.csv:8: the approval of bo@contoso.com needs a justification: this review asks for one',
    'nothing was decided',
  ])
    expect(refused.err).toContain(told);
  expect((await stats(it.world.tenant)).writes).toBe(writes);

  // No person at all.
  const application = await it.rollcall('review', 'decide', write(max, 'ana@contoso.com,approve,x'), '--yes');
  expect(application.err).toMatch(/Only a reviewer in person decides.*\n.*signIn: deviceCode/);
  expect((await stats(it.world.tenant)).writes).toBe(writes);
});
