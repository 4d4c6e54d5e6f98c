import { expect, test } from 'vitest';
import { directoryOf, failed } from '../../test/support/directory.ts';
import { handClock } from '../../test/support/graph.ts';
import type { Assignment, AuditEvent, Directory, ServicePrincipal } from '../model/directory.ts';
import { DirectoryError } from '../model/errors.ts';
import { verifyAssignments, type Wanted } from './verify.ts';

const wanted = (principalId: string, roleId = 'r'): Wanted => ({
  row: 1,
  principalId,
  principalName: `${principalId}@contoso.com`,
  roleId,
  roleName: 'General',
});
const assignment = (principalId: string, appRoleId = 'r'): Assignment => ({
  id: `${principalId} ${appRoleId}`,
  principalId,
  principalType: 'User',
  principalDisplayName: principalId,
  appRoleId,
});
const event = (activity: string, result: string, reason = '', targetIds = ['sp', 'ann']): AuditEvent => ({
  id: activity,
  at: '2026-01-01T00:00:00Z',
  activity,
  result,
  reason,
  targetIds,
});

const reviewable: ServicePrincipal = {
  id: 'sp',
  appId: 'app',
  displayName: 'CORPDB1',
  appRoles: [],
  tags: ['HideApp', 'WindowsAzureActiveDirectoryIntegratedApp'],
  appRoleAssignmentRequired: true,
};

const verify = (
  called: readonly Wanted[],
  looks: readonly (readonly Assignment[])[],
  parts: Partial<Directory> = { auditEvents: async () => [] },
  lagLimitMs = 60_000,
  principal: ServicePrincipal = reviewable,
) => {
  const clock = handClock();
  let look = 0;
  const directory = directoryOf({
    ...parts,
    async *assignments() {
      // Two a page, and the last look for whatever comes after.
      const held = looks[Math.min(look, looks.length - 1)]!;
      look += 1;
      for (let from = 0; from < held.length; from += 2) yield held.slice(from, from + 2);
    },
  });
  const verified = verifyAssignments({
    directory,
    servicePrincipal: principal,
    wanted: async function* () {
      yield* called;
    },
    clock,
    lagLimitMs,
    explainSince: '2026-01-01T00:00:00Z',
  });
  return { verified, clock };
};

test('user and role are compared, both, and what nobody called for is counted', async () => {
  const called = [wanted('ann'), wanted('bo'), wanted('bo', 'admin')];
  const held = [assignment('BO', 'admin'), assignment('ann'), assignment('ann', 'admin'), assignment('eve')];
  const { verified } = verify(called, [held], undefined, 0);
  expect(await verified).toMatchObject({
    wanted: 3,
    present: 2,
    missing: [{ principalId: 'bo', roleId: 'r', reason: null }],
    unexpected: 2,
    unexpectedExamples: [{ principalId: 'ann', appRoleId: 'admin' }, { principalId: 'eve' }],
  });
});

test('what is not shown yet is looked for with growing pauses until it is there', async () => {
  const { verified, clock } = verify([wanted('ann')], [[], [], [assignment('ann')]]);
  expect(await verified).toMatchObject({ wanted: 1, present: 1, missing: [] });
  expect(clock.slept).toEqual([500, 1000]);
});

test('what is missing at the end has the reason that the audit log gives, of this application alone', async () => {
  const reasonOf = async (...events: AuditEvent[]) => {
    const { verified } = verify([wanted('ann')], [[]], { auditEvents: async () => events }, 0);
    return (await verified).missing[0]!.reason;
  };
  const grant = 'Add app role assignment grant to user';
  expect(await reasonOf()).toBeNull();
  expect(await reasonOf(event('Update user', 'failure', 'other'), event(grant, 'failure', 'quota'))).toMatch(/quota$/);
  expect(await reasonOf(event('Remove app role assignment from user', 'success'))).toMatch(/Remove app role/);
  expect(await reasonOf(event('Delete user', 'success', '', ['ann']))).toMatch(/Delete user: success/);
  const elsewhere = ['another application', 'ann'];
  expect(await reasonOf(event('Remove app role assignment from user', 'success', '', elsewhere))).toBeNull();
});

test('an audit log that may not be read is told as the reason, and asked once', async () => {
  let asked = 0;
  const auditEvents = async () => {
    asked += 1;
    throw new DirectoryError(failed(403, 'Authorization_RequestDenied', 'Insufficient privileges'));
  };
  const { verified } = verify([wanted('ann'), wanted('bo')], [[]], { auditEvents }, 0);
  const { missing } = await verified;
  expect(missing.map(({ reason }) => reason)).toEqual([
    expect.stringMatching(/^the audit log could not be read: 403/),
    expect.stringMatching(/^the audit log could not be read: 403/),
  ]);
  expect(asked).toBe(1);
});

test('the audit log is asked about the first few only, and all that is missing is told', async () => {
  let asked = 0;
  const auditEvents = async () => {
    asked += 1;
    return [];
  };
  const called = Array.from({ length: 25 }, (_, i) => wanted(`u${i}`));
  const { verified } = verify(called, [[]], { auditEvents }, 0);
  expect((await verified).missing).toHaveLength(25);
  expect(asked).toBe(10);
});

test('an application that could not be reviewed as it is has its reasons told', async () => {
  const notReviewable = async (principal: ServicePrincipal) =>
    (await verify([], [[]], undefined, 0, principal).verified).notReviewable;
  expect(await notReviewable(reviewable)).toEqual([]);
  expect(await notReviewable({ ...reviewable, tags: ['HideApp'], appRoleAssignmentRequired: false })).toEqual([
    expect.stringContaining('lacks the tag WindowsAzureActiveDirectoryIntegratedApp'),
    expect.stringContaining('does not require assignment'),
  ]);
});
