// Series of access reviews, as they are created, found, replaced, stopped and deleted: FACTS 8.1 to 8.5 and 8.8.
import { expect, test } from 'vitest';
import {
  ANA,
  createReview,
  currentInstance,
  DEFINITIONS,
  INTEGRATED,
  later,
  MANAGERS,
  NOBODY,
  REVIEWER,
  recurring,
  reviewer,
  reviewOf,
  reviewWorld,
  SECOND,
  scopeOf,
  settings,
  statusOf,
} from './review-support.ts';
import { errorOf, granted, idOf, securityGroup } from './support.ts';

const BAD = { status: 400, code: 'BadRequest' };

test('§8.1 a definition is created as NotStarted, read back, listed and deleted', async () => {
  const { client, principalId } = await reviewWorld();
  const created = await client.post(DEFINITIONS, reviewOf(principalId));
  expect(created.status).toBe(201);
  expect(created.body).toMatchObject({
    '@odata.context': `${client.tenant.graph}/$metadata#identityGovernance/accessReviews/definitions/$entity`,
    displayName: 'CORPDB1 assignments',
    status: 'NotStarted',
    scope: scopeOf(principalId),
    reviewers: [{ query: `/users/${REVIEWER}`, queryType: 'MicrosoftGraph' }],
    fallbackReviewers: [],
    stageSettings: [],
    settings: { instanceDurationInDays: 14, autoApplyDecisionsEnabled: false, recurrence: null },
  });
  const address = `${DEFINITIONS}/${created.body['id']}`;
  const { '@odata.context': _, ...shown } = (await client.get(address)).body as unknown as Record<string, unknown>;
  expect(await client.all(DEFINITIONS)).toEqual([shown]);
  expect((await client.get(`${address}?$select=id,status`)).body).toMatchObject({ id: shown['id'] });
  expect((await client.delete(address)).status).toBe(204);
  expect(errorOf(await client.get(address))).toMatchObject({ status: 404 });
  expect(await client.all(DEFINITIONS)).toEqual([]);
});

test('§8.1 definitions come by the hundred; $top and $skip choose among them, and $filter by status', async () => {
  const { client, principalId } = await reviewWorld();
  const coming = settings({ recurrence: recurring({}, { startDate: '2040-01-01' }) });
  for (let n = 1; n <= 103; n += 1)
    await createReview(client, reviewOf(principalId, { displayName: `Review ${n}`, settings: coming }));
  const first = await client.get(DEFINITIONS);
  expect(first.body['value']).toHaveLength(100);
  expect(await client.all(DEFINITIONS)).toHaveLength(103);
  const some = await client.get(`${DEFINITIONS}?$top=2&$skip=101`);
  expect(some.body['value']).toMatchObject([{ displayName: 'Review 102' }, { displayName: 'Review 103' }]);
  expect(some.body['@odata.nextLink']).toBeUndefined();
  expect(await client.all(`${DEFINITIONS}?$top=40&$skip=3&$select=id`)).toHaveLength(100);
  expect(await client.all(`${DEFINITIONS}?$filter=status eq 'NotStarted'`)).toHaveLength(103);
  expect(await client.all(`${DEFINITIONS}?$filter=status eq 'Completed'`)).toEqual([]);
});

test('§8.1 an application’s reviews cannot be found by a filter on their scope', async () => {
  const { client, principalId } = await reviewWorld();
  await createReview(client, reviewOf(principalId));
  const contains = `contains(scope/microsoft.graph.accessReviewQueryScope/query,'${principalId}')`;
  expect(await client.all(`${DEFINITIONS}?$filter=${contains}`)).toEqual([]);
  const refused = [
    "$filter=displayName eq 'CORPDB1 assignments'",
    "$filter=contains(displayName,'CORP')",
    "$filter=status ne 'Completed'",
    '$top=0',
    '$top=101',
    '$skip=-1',
    '$orderby=displayName',
    '$expand=instances',
    '$select=owner',
  ];
  for (const query of refused)
    expect(`${query} ${(await client.get(`${DEFINITIONS}?${query}`)).status}`).toBe(`${query} 400`);
});

test('§8.8 what is no review of an application is refused with 400', async () => {
  const { client, principalId } = await reviewWorld();
  const refused = async (more: object) => errorOf(await client.post(DEFINITIONS, reviewOf(principalId, more)));
  const scope = scopeOf(principalId) as Record<string, object[]>;
  const { '@odata.type': _, ...untyped } = scope;
  const resource = scope['resourceScopes']![0]!;
  for (const more of [
    { scope: untyped },
    { scope: { ...scope, principalScopes: [{ query: '/users', queryType: 'MicrosoftGraph' }] } },
    { scope: { ...scope, resourceScopes: [resource, resource] } },
    { scope: { ...scope, resourceScopes: [{ ...resource, query: `/groups/${NOBODY}` }] } },
    { scope: { ...resource, query: `/servicePrincipals/${principalId}/appRoleAssignedTo` } },
    { scope: scopeOf(principalId, { query: '/groups' }) },
    { scope: undefined },
    { displayName: undefined },
    { displayName: ' ' },
    { descriptionForAdmins: undefined },
    { descriptionForReviewers: undefined },
    { settings: undefined },
    { status: 'InProgress' },
    { owner: 'ana' },
    { backupReviewers: [] },
    { scope: { ...scope, name: 'x' } },
    { scope: scopeOf(principalId, { name: 'x' }) },
    { fallbackReviewers: [MANAGERS] },
    { additionalNotificationRecipients: [{ notificationTemplateType: 'Other' }] },
  ])
    expect({ more, ...(await refused(more)) }).toMatchObject({ more, ...BAD });
  expect(errorOf(await client.post(DEFINITIONS, reviewOf(NOBODY)))).toMatchObject({
    status: 404,
    code: 'Request_ResourceNotFound',
  });
});

test('§8.5 settings that Graph does not take are refused with 400', async () => {
  const { client, principalId } = await reviewWorld();
  const today = '2026-12-01';
  for (const more of [
    { instanceDurationInDays: 0 },
    { instanceDurationInDays: 1.5 },
    { instanceDurationInDays: undefined },
    { mailNotificationsEnabled: 'yes' },
    { defaultDecisionEnabled: true, defaultDecision: 'None' },
    { defaultDecision: 'Maybe' },
    { recommendationLookBackDuration: 'P31D' },
    { applyActions: [{ '@odata.type': '#microsoft.graph.disableAndDeleteUserApplyAction' }] },
    { recommendationInsightSettings: [{ recommendationLookBackDuration: 'P30D', signInScope: 'tenant' }] },
    { recurrence: recurring({ type: 'daily' }, { startDate: today }) },
    { recurrence: recurring({ type: 'absoluteYearly' }, { startDate: today }) },
    { recurrence: recurring({ interval: 2 }, { startDate: today }) },
    { recurrence: recurring({ day: 2 }, { startDate: today }) },
    { recurrence: recurring({}, { startDate: 'tomorrow' }) },
    { recurrence: recurring({}, { type: 'endDate', startDate: today }) },
    { recurrence: recurring({}, { type: 'endDate', startDate: today, endDate: '2026-11-30' }) },
    { recurrence: recurring({}, { type: 'numbered', startDate: today, numberOfOccurrences: 0 }) },
    { recurrence: recurring({}, { type: 'numbered', startDate: '2020-01-01', numberOfOccurrences: 3 }) },
    { recurrence: recurring({ type: 'weekly' }, { startDate: today }), instanceDurationInDays: 8 },
    { colour: 'red' },
  ]) {
    const answer = await client.post(DEFINITIONS, reviewOf(principalId, { settings: settings(more) }));
    expect({ more, ...errorOf(answer) }).toMatchObject({ more, ...BAD });
  }
});

test('§8.4 reviewers are persons, a group’s members or owners, or each user’s manager', async () => {
  const { client, principalId } = await reviewWorld();
  const group = await idOf(client, 'groups', securityGroup('Owners'));
  const tried = async (...reviewers: object[]) =>
    (await client.post(DEFINITIONS, reviewOf(principalId, { reviewers }))).status;
  expect(await tried(reviewer(`/groups/${group}/transitiveMembers`))).toBe(201);
  expect(await tried(reviewer(`/groups/${group}/owners`))).toBe(201);
  expect(await tried(MANAGERS)).toBe(201);
  expect(await tried()).toBe(201);
  expect(await tried(reviewer('./manager'))).toBe(400);
  expect(await tried(reviewer('./owners'))).toBe(400);
  expect(await tried(reviewer(`/servicePrincipals/${principalId}/owners`))).toBe(400);
  expect(await tried(reviewer(`/users/${REVIEWER}`, { queryType: 'ARM' }))).toBe(400);
  expect(await tried(reviewer(`/users/${group}`))).toBe(400);
  expect(await tried(reviewer(`/users/${NOBODY}`))).toBe(404);
});

test('§8.5 a review has up to three stages, each behind the one before it, within the interval', async () => {
  const { client, principalId } = await reviewWorld();
  const stage = (n: number, more: object = {}) => ({
    stageId: String(n),
    ...(n > 1 && { dependsOn: [String(n - 1)] }),
    durationInDays: 5,
    recommendationsEnabled: false,
    reviewers: [reviewer(`/users/${REVIEWER}`)],
    ...more,
  });
  const tried = async (stageSettings: object[], more: object = {}) =>
    (await client.post(DEFINITIONS, reviewOf(principalId, { stageSettings, settings: settings(more) }))).status;
  expect(await tried([stage(1, { decisionsThatWillMoveToNextStage: ['Approve'] }), stage(2), stage(3)])).toBe(201);
  expect(await tried([stage(1), stage(2), stage(3), stage(4)])).toBe(400);
  expect(await tried([stage(1), stage(3)])).toBe(400);
  expect(await tried([stage(1), stage(2, { dependsOn: [] })])).toBe(400);
  expect(await tried([stage(1, { durationInDays: undefined })])).toBe(400);
  expect(await tried([stage(1, { recommendationsEnabled: undefined })])).toBe(400);
  expect(await tried([stage(1, { decisionsThatWillMoveToNextStage: ['DontKnow'] })])).toBe(400);
  const monthly = { recurrence: recurring({}, { startDate: '2027-01-01' }) };
  expect(await tried([stage(1, { durationInDays: 20 }), stage(2, { durationInDays: 10 })], monthly)).toBe(400);
});

test('§6.3 an application is reviewed only with the tag and with assignment required (§12.4)', async () => {
  const { client, principalId } = await reviewWorld();
  const address = `/servicePrincipals/${principalId}`;
  await client.patch(address, { appRoleAssignmentRequired: false });
  expect(errorOf(await client.post(DEFINITIONS, reviewOf(principalId)))).toMatchObject(BAD);
  await client.patch(address, { appRoleAssignmentRequired: true, tags: [] });
  expect(errorOf(await client.post(DEFINITIONS, reviewOf(principalId)))).toMatchObject(BAD);
  await client.patch(address, { tags: [INTEGRATED] });
  expect((await client.post(DEFINITIONS, reviewOf(principalId))).status).toBe(201);
});

test('§8.8 PUT replaces the whole: what is left out is gone, and the scope stays', async () => {
  const { client, principalId } = await reviewWorld();
  const address = await createReview(
    client,
    reviewOf(principalId, { fallbackReviewers: [reviewer(`/users/${SECOND}`)] }),
  );
  const shown = (await client.get(address)).body as unknown as Record<string, unknown>;
  expect((await client.put(address, { ...shown, displayName: 'Yearly' })).status).toBe(204);
  expect((await client.get(address)).body).toMatchObject({
    displayName: 'Yearly',
    descriptionForAdmins: 'Who uses CORPDB1',
  });
  const { displayName, scope, settings: kept } = shown;
  expect(
    (await client.put(address, { displayName, scope, settings: kept, reviewers: [reviewer(`/users/${SECOND}`)] }))
      .status,
  ).toBe(204);
  expect((await client.get(address)).body).toMatchObject({
    id: shown['id'],
    descriptionForAdmins: null,
    fallbackReviewers: [],
    reviewers: [{ query: `/users/${SECOND}` }],
    createdDateTime: shown['createdDateTime'],
  });
  const whole = { displayName, settings: kept, reviewers: shown['reviewers'] };
  expect((await client.put(address, { ...whole, scope: scopeOf(NOBODY) })).status).toBe(400);
  expect((await client.put(address, whole)).status).toBe(400);
  expect((await client.put(address, { ...whole, scope, reviewers: [MANAGERS] })).status).toBe(400);
  expect((await client.patch(address, { displayName: 'Monthly' })).status).toBe(405);
});

test('§8.8 PUT plans the instance that is to come anew, under its id, and leaves the one that has begun', async () => {
  const { client, principalId } = await reviewWorld();
  const body = (startDate: string, more: object = {}) =>
    reviewOf(principalId, {
      settings: settings({ recurrence: recurring({}, { startDate }), instanceDurationInDays: 5, ...more }),
    });
  const address = await createReview(client, body('2040-01-01'));
  const starts = async (by = client) =>
    (await by.all(`${address}/instances`)).map((one) => [one['id'], String(one['startDateTime']).slice(0, 10)]);
  const [[id]] = (await starts()) as unknown as [[string]];
  expect((await client.put(address, body('2040-02-03'))).status).toBe(204);
  expect(await starts()).toEqual([[id, '2040-02-03']]);
  const past = recurring({}, { startDate: '2020-01-01', type: 'numbered', numberOfOccurrences: 2 });
  expect((await client.put(address, body('', { recurrence: past }))).status).toBe(400);
  expect(await starts()).toEqual([[id, '2040-02-03']]);
  const today = new Date().toISOString().slice(0, 10);
  expect((await client.put(address, body(today))).status).toBe(204);
  const begun = await later(client, 'PT2M');
  const [first, second] = await starts(begun);
  expect(first).toEqual([id, today]);
  expect((await begun.put(address, body(today, { instanceDurationInDays: 9 }))).status).toBe(204);
  expect(await starts(begun)).toEqual([first, second]);
  const days = (await begun.all(`${address}/instances`)).map(
    (one) => (Date.parse(String(one['endDateTime'])) - Date.parse(String(one['startDateTime']))) / 86_400_000,
  );
  expect(days).toEqual([5, 9]);
});

test('§8.1 a series that is stopped ends what is under way and begins nothing more', async () => {
  const { client, principalId } = await reviewWorld();
  const recurrence = recurring({ type: 'weekly' }, { startDate: new Date().toISOString().slice(0, 10) });
  const address = await createReview(
    client,
    reviewOf(principalId, { settings: settings({ recurrence, instanceDurationInDays: 5 }) }),
  );
  const opened = await later(client, 'PT2M');
  expect(await statusOf(opened, address)).toBe('InProgress');
  expect(await opened.all(`${address}/instances`)).toHaveLength(2);
  expect((await opened.post(`${address}/stop`, undefined)).status).toBe(204);
  expect(await opened.all(`${address}/instances`)).toHaveLength(1);
  const after = await later(opened, 'P30D');
  expect(await statusOf(after, address)).toBe('Completed');
  expect((await currentInstance(after, address)).instance).toMatchObject({ status: 'Completed' });
});

test('§8.1 reading takes AccessReview.Read.All, all else AccessReview.ReadWrite.All', async () => {
  const { client, principalId } = await reviewWorld();
  const address = await createReview(client, reviewOf(principalId));
  const reader = await granted(client, 'AccessReview.Read.All', 'Application.Read.All');
  expect((await reader.get(address)).status).toBe(200);
  expect((await reader.post(DEFINITIONS, reviewOf(principalId))).status).toBe(403);
  expect((await reader.delete(address)).status).toBe(403);
  const other = await granted(client, 'Directory.Read.All');
  expect((await other.get(DEFINITIONS)).status).toBe(403);
  expect((await reader.get(`${DEFINITIONS}/${ANA}`)).status).toBe(404);
});

test('§11.4 a tenant without any licence starts no review', async () => {
  const { client, principalId } = await reviewWorld({ seats: 0 });
  const { status, body } = await client.post(DEFINITIONS, reviewOf(principalId));
  expect(status).toBe(403);
  expect(body['error']!['message']).toMatch(/license/);
});
