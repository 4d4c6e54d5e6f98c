// Reviews and the tenant around them: time that passes by itself, restarts, lag, costs and limits: FACTS 4, 5 and 8.6.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { startTenant } from '../../../src/tenant/server.ts';
import {
  ADMIN,
  BO,
  byName,
  createReview,
  currentInstance,
  DEFINITIONS,
  later,
  openReview,
  reviewer,
  reviewOf,
  reviewWorld,
  reviewWorldIn,
  settings,
  statusOf,
} from './review-support.ts';
import { type Client, clientOf, signedInAs } from './support.ts';

/** Asks with a new token each time until the answer is as expected: time runs fast, and a token does not last. */
const until = async (client: Client, isThere: (client: Client) => Promise<boolean>): Promise<Client> => {
  for (;;) {
    const fresh = await clientOf(client.tenant);
    if (await isThere(fresh)) return fresh;
    await sleep(20);
  }
};

test('§8.6 an instance goes on as time passes by itself', async () => {
  // A minute in a tenth of a second.
  const { client, principalId, assignedTo } = await reviewWorld({ timeScale: 600 });
  const fresh = await clientOf(client.tenant);
  const review = await createReview(
    fresh,
    reviewOf(principalId, { settings: settings({ autoApplyDecisionsEnabled: true }) }),
  );
  const { at } = await currentInstance(fresh, review);
  const opened = await until(client, async (one) => (await statusOf(one, at)) === 'InProgress');
  await opened.post(`${at}/batchRecordDecisions`, { decision: 'Deny', justification: 'All' });
  await opened.post(`${at}/stop`, undefined);
  const applied = await until(client, async (one) => (await statusOf(one, at)) === 'Applied');
  expect(await applied.all(assignedTo)).toEqual([]);
});

test('§8.6 a review goes on where a directory that was kept is started again', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-tenant-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  const data = join(folder, 'tenant.db');
  const first = await startTenant({ data });
  const { client, principalId } = await reviewWorldIn(await clientOf(first));
  const { at, client: opened } = await openReview(client, reviewOf(principalId));
  await opened.post(`${at}/batchRecordDecisions`, { decision: 'Deny', justification: 'Gone', principalId: BO });
  await first.close();
  const tenant = await startTenant({ data });
  onTestFinished(() => tenant.close());
  const again = await clientOf(tenant);
  expect(byName(await again.all(`${at}/decisions`), 'decision')).toMatchObject({ bo: 'Deny', cy: 'NotReviewed' });
  expect(await statusOf(await later(again, 'P15D'), at)).toBe('Completed');
});

test('§5 a write counts at once where it is not yet shown, and removed assignments show for a while', async () => {
  const administrators = { [ADMIN]: ['Global Administrator'] };
  const { client, principalId, assignedTo } = await reviewWorld({ replicationDelayMs: 10 * 60_000, administrators });
  const review = await createReview(
    client,
    reviewOf(principalId, { settings: settings({ autoApplyDecisionsEnabled: true }) }),
  );
  const opened = await later(client, 'PT1H');
  const { at } = await currentInstance(opened, review);
  expect((await opened.post(`${at}/batchRecordDecisions`, { decision: 'Deny', justification: 'All' })).status).toBe(
    204,
  );
  expect(new Set(Object.values(byName(await opened.all(`${at}/decisions`), 'decision')))).toEqual(
    new Set(['NotReviewed']),
  );
  expect((await opened.post(`${at}/stop`, undefined)).status).toBe(204);
  expect(await statusOf(opened, at)).toBe('InProgress');
  expect((await opened.post(`${at}/stop`, undefined)).status).toBe(400);
  // Two minutes to the end and five until it is applied; after the eighth, readers still see what was removed.
  const applied = await later(opened, 'PT8M');
  expect(await applied.all(assignedTo)).toHaveLength(4);
  const administering = await signedInAs(applied.tenant, ADMIN);
  expect(await administering.all(assignedTo)).toHaveLength(4);
  const then = await later(applied, 'PT20M');
  expect(await then.all(assignedTo)).toEqual([]);
  expect(await statusOf(then, at)).toBe('Applied');
});

test('§5 the service itself goes by what is written, shown or not', async () => {
  const administrators = { [ADMIN]: ['Global Administrator'] };
  const { client, principalId, assignedTo } = await reviewWorld({ replicationDelayMs: 3_600_000, administrators });
  const administering = await signedInAs(client.tenant, ADMIN);
  const { body: me } = await administering.get('/me');
  const reviewers = [reviewer(`/users/${me['id']}`)];
  const body = reviewOf(principalId, { reviewers, settings: settings({ autoApplyDecisionsEnabled: true }) });
  const review = await createReview(administering, body);
  await client.control('POST', 'clock', { advance: 'PT2M' });
  const { at } = await currentInstance(administering, review);
  const denied = await administering.post(`${at}/batchRecordDecisions`, { decision: 'Deny', justification: 'All' });
  expect(denied.status).toBe(204);
  expect((await administering.post(`${at}/stop`, undefined)).status).toBe(204);
  // Nobody else has seen the application yet when the service takes the access away.
  await client.control('POST', 'clock', { advance: 'PT10M' });
  expect((await administering.get(assignedTo)).status).toBe(200);
  const then = await later(client, 'PT3H');
  expect(await statusOf(then, at)).toBe('Applied');
  expect(await then.all(assignedTo)).toEqual([]);
});

test('§4.2 reading reviews costs one resource unit, and each action is a write', async () => {
  const { client, principalId } = await reviewWorld();
  const { at, client: opened } = await openReview(client, reviewOf(principalId));
  const { writes, resourceUnits } = opened.tenant.stats();
  const costs = [];
  for (const path of [DEFINITIONS, `${at}/decisions`, `${at}/contactedReviewers`])
    costs.push((await opened.get(path)).headers.get('x-ms-resource-unit'));
  costs.push((await opened.post(`${at}/sendReminder`, undefined)).headers.get('x-ms-resource-unit'));
  expect(costs).toEqual(['1', '1', '1', '1']);
  const after = opened.tenant.stats();
  expect({ writes: after.writes - writes, resourceUnits: after.resourceUnits - resourceUnits }).toEqual({
    writes: 1,
    resourceUnits: 4,
  });
  expect(after.byRoute[`GET ${DEFINITIONS}/{id}/instances/{id}/decisions`]).toBe(1);
});
