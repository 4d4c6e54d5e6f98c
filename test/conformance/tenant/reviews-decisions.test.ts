// Who decides what of a review, and with which token: FACTS 1.9, 8.1, 8.4 and 8.6.
import { expect, test } from 'vitest';
import {
  ADMIN,
  ANA,
  BO,
  byName,
  CY,
  DEFINITIONS,
  later,
  MANAGERS,
  openReview,
  REVIEWER,
  reviewer,
  reviewOf,
  reviewWorld,
  SECOND,
  settings,
  statusOf,
} from './review-support.ts';
import { type Client, errorOf, granted, type Json, signedInAs } from './support.ts';

const DENIED = { status: 403, code: 'Authorization_RequestDenied' };
const OWN = "filterByCurrentUser(on='reviewer')";

const itemOf = async (client: Client, at: string, user: string): Promise<string> => {
  const items = await client.all(`${at}/decisions`);
  return `${at}/decisions/${items.find((one) => String(one['principal']!['id']) === user)!['id']}`;
};

const as = (client: Client, alias: string): Promise<Client> => signedInAs(client.tenant, `${alias}@contoso.com`);

test('§8.1 a reviewer records a decision in person; an application and others are refused', async () => {
  const { client, principalId } = await reviewWorld();
  const { at, client: opened } = await openReview(client, reviewOf(principalId));
  const item = await itemOf(opened, at, BO);
  const deny = { decision: 'Deny', justification: 'Left the department' };
  expect(errorOf(await opened.patch(item, deny))).toMatchObject(DENIED);
  expect(errorOf(await (await as(opened, 'second')).patch(item, deny))).toMatchObject(DENIED);
  expect(errorOf(await (await signedInAs(opened.tenant, ADMIN)).patch(item, deny))).toMatchObject(DENIED);
  const reviewing = await as(opened, 'reviewer');
  expect((await reviewing.patch(item, deny)).status).toBe(204);
  expect((await opened.get(item)).body).toMatchObject({
    decision: 'Deny',
    justification: 'Left the department',
    applyResult: 'New',
    recommendation: 'NoInfoAvailable',
    reviewedBy: { id: REVIEWER, userPrincipalName: 'reviewer@contoso.com' },
    appliedBy: { id: '00000000-0000-0000-0000-000000000000' },
    appliedDateTime: null,
    accessReviewId: at.split('/').at(-1),
    principal: {
      '@odata.type': '#microsoft.graph.userIdentity',
      id: BO,
      displayName: 'bo',
      userPrincipalName: 'bo@contoso.com',
    },
    resource: { id: principalId, displayName: 'CORPDB1', type: 'ServicePrincipal' },
    principalLink: `${opened.tenant.graph}/users/${BO}`,
    resourceLink: `${opened.tenant.graph}/servicePrincipals/${principalId}`,
  });
  expect((await opened.get(await itemOf(opened, at, ANA))).body).toMatchObject({
    decision: 'NotReviewed',
    reviewedBy: { id: '00000000-0000-0000-0000-000000000000' },
    reviewedDateTime: null,
  });
  for (const body of [
    { decision: 'Maybe' },
    {},
    { decision: 'Deny', applyResult: 'New' },
    { decision: 'Deny', justification: 5 },
  ])
    expect((await reviewing.patch(item, body)).status).toBe(400);
  const after = await later(opened, 'P15D');
  expect((await (await as(after, 'reviewer')).patch(item, deny)).status).toBe(400);
});

test('§8.6 the last of several reviewers is right', async () => {
  const { client, principalId } = await reviewWorld();
  const reviewers = [reviewer(`/users/${REVIEWER}`), reviewer(`/users/${SECOND}`)];
  const { at, client: opened } = await openReview(client, reviewOf(principalId, { reviewers }));
  const item = await itemOf(opened, at, BO);
  expect((await (await as(opened, 'reviewer')).patch(item, { decision: 'Deny' })).status).toBe(204);
  expect((await (await as(opened, 'second')).patch(item, { decision: 'Approve' })).status).toBe(204);
  expect((await opened.get(item)).body).toMatchObject({ decision: 'Approve', reviewedBy: { id: SECOND } });
});

test('§8.5 a justification is needed to approve, where the settings say so, and never to deny', async () => {
  const { client, principalId } = await reviewWorld();
  const body = reviewOf(principalId, { settings: settings({ justificationRequiredOnApproval: true }) });
  const { at, client: opened } = await openReview(client, body);
  const reviewing = await as(opened, 'reviewer');
  const item = await itemOf(opened, at, BO);
  expect((await reviewing.patch(item, { decision: 'Approve' })).status).toBe(400);
  expect((await reviewing.patch(item, { decision: 'Approve', justification: ' ' })).status).toBe(400);
  expect((await reviewing.patch(item, { decision: 'Deny' })).status).toBe(204);
  expect((await reviewing.patch(item, { decision: 'Approve', justification: 'Needed' })).status).toBe(204);
  expect((await opened.post(`${at}/batchRecordDecisions`, { decision: 'Approve' })).status).toBe(400);
});

test('§8.4 managers review their own, the fallback those who have none, users themselves where nobody is named', async () => {
  const { client, principalId } = await reviewWorld();
  await client.put(`/users/${ANA}/manager/$ref`, client.ref(REVIEWER, 'users'));
  await client.put(`/users/${BO}/manager/$ref`, client.ref(CY, 'users'));
  const fallbackReviewers = [reviewer(`/users/${SECOND}`)];
  const {
    at,
    review,
    client: opened,
  } = await openReview(client, reviewOf(principalId, { reviewers: [MANAGERS], fallbackReviewers }));
  const own = async (alias: string, path = `${at}/decisions/${OWN}`, by = opened) =>
    (await as(by, alias))
      .all(path)
      .then((all) => all.map((one) => String(one['principal']?.['displayName'] ?? one['id'])));
  expect(await own('reviewer')).toEqual(['Ana Ruiz']);
  expect(await own('cy')).toEqual(['bo']);
  expect(await own('second')).toEqual(['cy']);
  expect(await own('ana')).toEqual([]);
  expect(await own('cy', `${DEFINITIONS}/${OWN}`)).toEqual([review.split('/').at(-1)]);
  expect(await own('cy', `${review}/instances/${OWN}`)).toEqual([at.split('/').at(-1)]);
  expect(await own('ana', `${DEFINITIONS}/${OWN}`)).toEqual([]);
  expect((await (await as(opened, 'second')).patch(await itemOf(opened, at, BO), { decision: 'Deny' })).status).toBe(
    403,
  );
  expect((await (await as(opened, 'second')).patch(await itemOf(opened, at, CY), { decision: 'Deny' })).status).toBe(
    204,
  );
  // An application has no reviews of its own.
  for (const path of [
    `${DEFINITIONS}/${OWN}`,
    `${review}/instances/${OWN}`,
    `${at}/decisions/${OWN}`,
    `${at}/stages/${OWN}`,
  ])
    expect(errorOf(await opened.get(path))).toMatchObject(DENIED);
  expect((await (await as(opened, 'cy')).get(`${DEFINITIONS}/filterByCurrentUser(on='owner')`)).status).toBe(400);

  const { at: self, client: then } = await openReview(opened, reviewOf(principalId, { reviewers: [] }));
  expect(await own('cy', `${self}/decisions/${OWN}`, then)).toEqual(['cy']);
  expect(await then.all(`${self}/contactedReviewers`)).toHaveLength(3);
});

test('§8.1 many decisions are recorded at once: by principal, by resource, or all', async () => {
  const { client, principalId } = await reviewWorld();
  const { at, client: opened } = await openReview(client, reviewOf(principalId));
  const record = async (by: Client, body: object) => (await by.post(`${at}/batchRecordDecisions`, body)).status;
  const deny = { decision: 'Deny', justification: 'Gone' };
  const decided = async () => byName(await opened.all(`${at}/decisions`), 'decision');
  expect(await record(opened, { ...deny, principalId: BO })).toBe(204);
  expect(await decided()).toEqual({ 'Ana Ruiz': 'NotReviewed', bo: 'Deny', cy: 'NotReviewed' });
  expect(await record(opened, { ...deny, principalId: SECOND })).toBe(400);
  expect(await record(opened, { ...deny, resourceId: SECOND })).toBe(400);
  expect(await record(opened, { ...deny, user: BO })).toBe(400);
  expect(await record(opened, { decision: 'Approve', justification: 'Stays', resourceId: principalId })).toBe(204);
  expect(await decided()).toEqual({ 'Ana Ruiz': 'Approve', bo: 'Approve', cy: 'Approve' });
  expect(await record(await as(opened, 'second'), deny)).toBe(403);
  expect(await record(await as(opened, 'reviewer'), deny)).toBe(204);
  expect(await decided()).toEqual({ 'Ana Ruiz': 'Deny', bo: 'Deny', cy: 'Deny' });
  expect((await opened.post(`${at}/resetDecisions`, undefined)).status).toBe(204);
  expect(await decided()).toEqual({ 'Ana Ruiz': 'NotReviewed', bo: 'NotReviewed', cy: 'NotReviewed' });
});

test('§8.1 recommendations are accepted by a reviewer in person, for what nobody has decided', async () => {
  const { client, principalId } = await reviewWorld();
  const { at, client: opened } = await openReview(
    client,
    reviewOf(principalId, { settings: settings({ recommendationsEnabled: true }) }),
  );
  const reviewing = await as(opened, 'reviewer');
  expect((await reviewing.patch(await itemOf(opened, at, ANA), { decision: 'Approve' })).status).toBe(204);
  expect(errorOf(await opened.post(`${at}/acceptRecommendations`, undefined))).toMatchObject(DENIED);
  expect((await (await as(opened, 'second')).post(`${at}/acceptRecommendations`, undefined)).status).toBe(403);
  expect((await reviewing.post(`${at}/acceptRecommendations`, undefined)).status).toBe(204);
  expect(byName(await opened.all(`${at}/decisions`), 'decision')).toEqual({
    'Ana Ruiz': 'Approve',
    bo: 'Deny',
    cy: 'Deny',
  });
});

test('§8.1 decisions are filtered and sorted by decision, result and recommendation, and by nothing else', async () => {
  const { client, principalId } = await reviewWorld();
  const { at, client: opened } = await openReview(client, reviewOf(principalId));
  await opened.post(`${at}/batchRecordDecisions`, { decision: 'Deny', justification: 'Gone', principalId: BO });
  const list = async (query: string) => Object.keys(byName(await opened.all(`${at}/decisions?${query}`), 'id'));
  expect(await list("$filter=decision eq 'Deny'")).toEqual(['bo']);
  expect(await list("$filter=decision eq 'NotReviewed' and applyResult eq 'New'")).toEqual(['Ana Ruiz', 'cy']);
  expect(await list('$orderby=decision')).toEqual(['bo', 'Ana Ruiz', 'cy']);
  for (const query of [
    "$filter=principal/id eq 'x'",
    "$filter=decision ne 'Deny'",
    '$orderby=justification',
    '$top=5',
    '$skip=5',
    '$select=roles',
  ])
    expect(`${query} ${(await opened.get(`${at}/decisions?${query}`)).status}`).toBe(`${query} 400`);
  expect((await opened.get(`${at}/decisions/${SECOND}`)).status).toBe(404);
  expect((await opened.get(`${at}/decisions?$select=id,decision`)).body['value']![0]).toEqual({
    id: expect.any(String),
    decision: 'NotReviewed',
  });
});

test('§8.1 reviewers can be reminded of a review in progress, and other persons asked', async () => {
  const { client, principalId } = await reviewWorld();
  const { at, client: opened } = await openReview(client, reviewOf(principalId));
  expect((await opened.post(`${at}/sendReminder`, undefined)).status).toBe(204);
  expect((await opened.patch(at, { reviewers: [reviewer(`/users/${SECOND}`)] })).status).toBe(204);
  const item = await itemOf(opened, at, BO);
  expect((await (await as(opened, 'reviewer')).patch(item, { decision: 'Deny' })).status).toBe(403);
  expect((await (await as(opened, 'second')).patch(item, { decision: 'Deny' })).status).toBe(204);
  expect((await opened.all(`${at}/contactedReviewers`)).map((one) => one['id'])).toEqual([REVIEWER, SECOND]);
  for (const body of [{ reviewers: [MANAGERS] }, { reviewers: [] }, { status: 'Completed' }])
    expect((await opened.patch(at, body)).status).toBe(400);
  const after = await later(opened, 'P15D');
  expect((await after.post(`${at}/sendReminder`, undefined)).status).toBe(400);
});

test('§1.9 who administers reviews holds a role, who reads them one of more; reviewers need none', async () => {
  const { client, principalId } = await reviewWorld({ administrators: { [ADMIN]: ['Global Reader'] } });
  const { at, review, client: opened } = await openReview(client, reviewOf(principalId));
  const reading = await signedInAs(opened.tenant, ADMIN);
  expect(await statusOf(reading, at)).toBe('InProgress');
  for (const path of [
    `${at}/stop`,
    `${review}/stop`,
    `${at}/applyDecisions`,
    `${at}/resetDecisions`,
    `${at}/sendReminder`,
  ])
    expect(`${path} ${(await reading.post(path, undefined)).status}`).toBe(`${path} 403`);
  expect((await reading.delete(review)).status).toBe(403);
  const reviewing = await as(opened, 'reviewer');
  expect((await reviewing.get(DEFINITIONS)).status).toBe(403);
  expect((await reviewing.get(`${at}/decisions`)).status).toBe(403);
  expect(await reviewing.all(`${at}/decisions/${OWN}`)).toHaveLength(3);
  await opened.control('POST', 'roles', { user: ADMIN, roles: ['Identity Governance Administrator'] });
  const administering = await signedInAs(opened.tenant, ADMIN);
  expect((await administering.post(`${at}/stop`, undefined)).status).toBe(204);
  const reader = await granted(opened, 'AccessReview.Read.All');
  expect((await reader.post(`${at}/applyDecisions`, undefined)).status).toBe(403);
});

test('§11.2 the audit log tells who decided', async () => {
  const { client, principalId } = await reviewWorld();
  const { at, client: opened } = await openReview(client, reviewOf(principalId));
  const reviewing = await as(opened, 'reviewer');
  const decisions = { [ANA]: 'Approve', [BO]: 'Deny', [CY]: 'DontKnow' };
  for (const [id, decision] of Object.entries(decisions))
    await reviewing.patch(await itemOf(opened, at, id), { decision });
  await reviewing.patch(await itemOf(opened, at, CY), { decision: 'NotReviewed' });
  const filter = `loggedByService eq 'Access Reviews' and initiatedBy/user/id eq '${REVIEWER}'`;
  const events = await opened.all(`/auditLogs/directoryAudits?$filter=${filter}&$orderby=activityDateTime asc`);
  expect(events.map((one: Json) => [one['activityDisplayName'], one['targetResources']![0]!['id']])).toEqual([
    ['Approve decision', ANA],
    ['Deny decision', BO],
    ["Don't know decision", CY],
    ['Reset decision', CY],
  ]);
});

test('§5 a decision is seen late by an application, and at once by whoever made it', async () => {
  const lagging = await reviewWorld({
    replicationDelayMs: 60_000,
    administrators: { [ADMIN]: ['Global Administrator'] },
  });
  const review = await lagging.client.post(DEFINITIONS, reviewOf(lagging.principalId));
  expect(review.status).toBe(201);
  const address = `${DEFINITIONS}/${review.body['id']}`;
  expect((await lagging.client.get(address)).status).toBe(404);
  expect(await lagging.client.all(DEFINITIONS)).toEqual([]);
  const shown = await later(lagging.client, 'PT10M');
  expect(await statusOf(shown, address)).toBe('InProgress');
  const instance = `${address}/instances/${(await shown.all(`${address}/instances`))[0]!['id']}`;
  const reviewing = await as(shown, 'reviewer');
  const item = await itemOf(shown, instance, BO);
  expect((await reviewing.patch(item, { decision: 'Deny' })).status).toBe(204);
  expect((await shown.get(item)).body).toMatchObject({ decision: 'NotReviewed' });
  expect(byName(await reviewing.all(`${instance}/decisions/${OWN}`), 'decision')).toMatchObject({ bo: 'Deny' });
  const then = await later(shown, 'PT10M');
  expect((await then.get(item)).body).toMatchObject({ decision: 'Deny' });
  expect((await then.delete(address)).status).toBe(204);
  expect((await then.get(address)).status).toBe(200);
  expect((await (await later(then, 'PT10M')).get(address)).status).toBe(404);
});
