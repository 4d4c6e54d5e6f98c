// The course of a review as time passes: who is in it, its stages, its end, and what it removes: FACTS 8.5, 8.6 and 11.2.
import { expect, test } from 'vitest';
import {
  ANA,
  assign,
  BO,
  byName,
  CY,
  createReview,
  currentInstance,
  idOfUser,
  later,
  MANAGERS,
  openReview,
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
import { type Client, idOf, type Json, person, ROLE_A, securityGroup } from './support.ts';

const MINUTE = 'PT1M';

/** Denies one user, approves another, says nothing of the rest. */
const decideOn = async (client: Client, at: string, verdicts: Readonly<Record<string, string>>): Promise<void> => {
  for (const [principalId, decision] of Object.entries(verdicts)) {
    const body = { principalId, decision, justification: 'As told' };
    const { status, text } = await client.post(`${at}/batchRecordDecisions`, body);
    if (status !== 204) throw new Error(text);
  }
};

const results = async (client: Client, at: string) => byName(await client.all(`${at}/decisions`), 'applyResult');

test('§8.6 an instance initializes, is in progress, completes, and is applied when that is asked for', async () => {
  const { client, principalId, assignedTo } = await reviewWorld();
  const review = await createReview(client, reviewOf(principalId));
  const { at } = await currentInstance(client, review);
  expect(await statusOf(client, at)).toBe('Initializing');
  expect(await client.all(`${at}/decisions`)).toEqual([]);
  const opened = await later(client, MINUTE);
  expect(await statusOf(opened, at)).toBe('InProgress');
  expect(await statusOf(opened, review)).toBe('InProgress');
  await decideOn(opened, at, { [ANA]: 'Deny', [BO]: 'Approve' });
  expect((await opened.post(`${at}/applyDecisions`, undefined)).status).toBe(400);
  expect(await opened.all(assignedTo)).toHaveLength(4);

  const ending = await later(opened, 'P14D');
  expect(['Completing', 'Completed']).toContain(await statusOf(ending, at));
  const ended = await later(ending, MINUTE);
  expect(await statusOf(ended, at)).toBe('Completed');
  expect(await ended.all(assignedTo)).toHaveLength(4);
  expect((await ended.post(`${at}/applyDecisions`, undefined)).status).toBe(204);
  expect(await statusOf(ended, at)).toBe('Applying');
  expect((await ended.post(`${at}/applyDecisions`, undefined)).status).toBe(400);
  const applied = await later(ended, 'PT5M');
  expect(await statusOf(applied, at)).toBe('Applied');
  expect(await statusOf(applied, review)).toBe('Applied');
  // Both roles of Ana are gone, and nobody else's.
  expect((await applied.all(assignedTo)).map((one) => one['principalId']).sort()).toEqual([BO, CY]);
  expect(await results(applied, at)).toEqual({
    'Ana Ruiz': 'AppliedSuccessfully',
    bo: 'AppliedSuccessfully',
    cy: 'New',
  });
  const ofAna = (await applied.all(`${at}/decisions`)).find((one) => one['principal']!['id'] === (ANA as unknown));
  expect(ofAna).toMatchObject({ appliedBy: { displayName: 'Rollcall' }, reviewedBy: { displayName: 'Rollcall' } });
});

test('§8.6 all of it happens at once when the clock is put forward, and is dated as it was due', async () => {
  const { client, principalId, assignedTo } = await reviewWorld();
  const { at, client: opened } = await openReview(
    client,
    reviewOf(principalId, { settings: settings({ autoApplyDecisionsEnabled: true }) }),
  );
  await decideOn(opened, at, { [BO]: 'Deny' });
  const { instance } = await currentInstance(opened, at.slice(0, at.indexOf('/instances')));
  const after = await later(opened, 'P20D');
  expect(await statusOf(after, at)).toBe('Applied');
  expect(await after.all(assignedTo)).toHaveLength(3);
  const [, ofBo] = await after.all(`${at}/decisions`);
  const took = Date.parse(String(ofBo!['appliedDateTime'])) - Date.parse(String(instance['endDateTime']));
  expect(took).toBeGreaterThan(0);
  expect(took).toBeLessThan(3_600_000);
  expect(ofBo).toMatchObject({ applyResult: 'AppliedSuccessfully', appliedBy: { displayName: 'AAD Access Reviews' } });
});

test('§8.6 an application without assignments is over at once', async () => {
  const { client, principalId, assignedTo } = await reviewWorld();
  for (const one of await client.all(assignedTo)) await client.delete(`${assignedTo}/${one['id']}`);
  const { at, client: after } = await openReview(client, reviewOf(principalId));
  expect(await statusOf(after, at)).toBe('Completed');
  expect(await after.all(`${at}/decisions`)).toEqual([]);
});

test('§8.6 who is reviewed is read when the instance begins, each once; later changes wait for the next', async () => {
  const { client, principalId, assignedTo } = await reviewWorld();
  const recurrence = recurring({ type: 'weekly' }, { startDate: new Date().toISOString().slice(0, 10) });
  const body = reviewOf(principalId, { settings: settings({ recurrence, instanceDurationInDays: 3 }) });
  const { at, review, client: opened } = await openReview(client, body);
  expect(Object.keys(byName(await opened.all(`${at}/decisions`), 'decision'))).toEqual(['Ana Ruiz', 'bo', 'cy']);
  await assign(opened, principalId, SECOND);
  const ofBo = (await opened.all(assignedTo)).find((one) => one['principalId'] === (BO as unknown))!;
  await opened.delete(`${assignedTo}/${ofBo['id']}`);
  expect(await opened.all(`${at}/decisions`)).toHaveLength(3);
  const next = await later(opened, 'P7D');
  const { at: second } = await currentInstance(next, review);
  expect(second).not.toBe(at);
  expect(Object.keys(byName(await next.all(`${second}/decisions`), 'decision')).sort()).toEqual([
    'Ana Ruiz',
    'cy',
    'second',
  ]);
});

test('§8.5 a series begins anew each week, month, quarter, half-year and year, to its end', async () => {
  const { client, principalId } = await reviewWorld();
  const starts = async (pattern: object, range: object) => {
    const recurrence = recurring(pattern, range);
    const review = await createReview(
      client,
      reviewOf(principalId, { settings: settings({ recurrence, instanceDurationInDays: 5 }) }),
    );
    return { review, range };
  };
  const numbered = (startDate: string, numberOfOccurrences: number) => ({
    type: 'numbered',
    startDate,
    numberOfOccurrences,
  });
  const series = [
    await starts({ type: 'weekly' }, numbered('2031-01-06', 3)),
    await starts({ interval: 1 }, numbered('2031-01-31', 3)),
    await starts({ interval: 3, dayOfMonth: 10 }, numbered('2031-01-15', 3)),
    await starts({ interval: 6 }, { type: 'endDate', startDate: '2031-01-01', endDate: '2032-01-01' }),
    await starts({ interval: 12 }, numbered('2031-02-28', 2)),
  ];
  const after = await later(client, 'P4000D');
  const dates = [];
  for (const { review } of series)
    dates.push((await after.all(`${review}/instances`)).map((one) => String(one['startDateTime']).slice(0, 10)));
  expect(dates).toEqual([
    ['2031-01-06', '2031-01-13', '2031-01-20'],
    ['2031-01-31', '2031-02-28', '2031-03-31'],
    ['2031-02-10', '2031-05-10', '2031-08-10'],
    ['2031-01-01', '2031-07-01', '2032-01-01'],
    ['2031-02-28', '2032-02-28'],
  ]);
  expect(await statusOf(after, series[0]!.review)).toBe('Completed');
});

test('§8.6 without a decision nothing happens; by default everybody is denied, approved, or what is recommended', async () => {
  const { client, principalId, assignedTo } = await reviewWorld();
  let now = client;
  const applied = async (more: object) => {
    const { at, client: opened } = await openReview(
      now,
      reviewOf(principalId, { settings: settings({ autoApplyDecisionsEnabled: true, ...more }) }),
    );
    await decideOn(opened, at, { [CY]: 'DontKnow' });
    const after = await later(opened, 'P15D');
    now = after;
    expect(await statusOf(after, at)).toBe('Applied');
    const decisions = byName(await after.all(`${at}/decisions`), 'decision');
    return { decisions, left: (await after.all(assignedTo)).length };
  };
  expect(await applied({})).toEqual({
    decisions: { 'Ana Ruiz': 'NotReviewed', bo: 'NotReviewed', cy: 'DontKnow' },
    left: 4,
  });
  const byDefault = (defaultDecision: string) => ({ defaultDecisionEnabled: true, defaultDecision });
  expect(await applied(byDefault('Approve'))).toEqual({
    decisions: { 'Ana Ruiz': 'Approve', bo: 'Approve', cy: 'DontKnow' },
    left: 4,
  });
  // Nobody signs in to the application through Entra: the recommendation is to remove everybody.
  expect(await applied({ ...byDefault('Recommendation'), recommendationsEnabled: true })).toEqual({
    decisions: { 'Ana Ruiz': 'Deny', bo: 'Deny', cy: 'DontKnow' },
    left: 1,
  });
});

test('§8.6 a default decision that is not applied by itself rests at AutoReviewed', async () => {
  const { client, principalId, assignedTo } = await reviewWorld();
  const byDefault = settings({ defaultDecisionEnabled: true, defaultDecision: 'Deny' });
  const { at, client: opened } = await openReview(client, reviewOf(principalId, { settings: byDefault }));
  const after = await later(opened, 'P30D');
  expect(await statusOf(after, at)).toBe('AutoReviewed');
  const decided = await after.all(`${at}/decisions`);
  expect(decided[0]).toMatchObject({
    decision: 'Deny',
    applyResult: 'New',
    reviewedBy: { displayName: 'AAD Access Reviews' },
  });
  expect(await after.all(assignedTo)).toHaveLength(4);
  expect((await after.post(`${at}/applyDecisions`, undefined)).status).toBe(204);
  expect(await (await later(after, 'PT10M')).all(assignedTo)).toEqual([]);
});

test('§8.6 recommendations go by sign-ins: to the application, where there are none, or to the tenant', async () => {
  const { client, principalId } = await reviewWorld();
  const signedIn = (days: number) => ({ lastSignInDateTime: new Date(Date.now() - days * 86_400_000).toISOString() });
  await client.seed(
    person('dan', { id: idOfUser(4), signInActivity: signedIn(3) }),
    person('eve', { id: idOfUser(5), signInActivity: signedIn(20) }),
  );
  for (const id of [idOfUser(4), idOfUser(5)]) await assign(client, principalId, id);
  const recommended = async (more: object) => {
    const { at, client: opened } = await openReview(
      client,
      reviewOf(principalId, { settings: settings({ recommendationsEnabled: true, ...more }) }),
    );
    return byName(await opened.all(`${at}/decisions`), 'recommendation');
  };
  const nobody = { 'Ana Ruiz': 'Deny', bo: 'Deny', cy: 'Deny', dan: 'Deny', eve: 'Deny' };
  expect(await recommended({})).toEqual(nobody);
  const ofTenant = (recommendationLookBackDuration: string) => ({
    recommendationInsightSettings: [
      {
        '@odata.type': '#microsoft.graph.userLastSignInRecommendationInsightSetting',
        recommendationLookBackDuration,
        signInScope: 'tenant',
      },
    ],
  });
  expect(await recommended(ofTenant('P30D'))).toEqual({ ...nobody, dan: 'Approve', eve: 'Approve' });
  expect(await recommended(ofTenant('P7D'))).toEqual({ ...nobody, dan: 'Approve' });
  expect(new Set(Object.values(await recommended({ recommendationsEnabled: false })))).toEqual(
    new Set(['NoInfoAvailable']),
  );
  const inactive = { '@odata.type': '#microsoft.graph.accessReviewInactiveUsersQueryScope', inactiveDuration: 'P10D' };
  const { at, client: opened } = await openReview(
    client,
    reviewOf(principalId, { scope: scopeOf(principalId, inactive) }),
  );
  expect(Object.keys(byName(await opened.all(`${at}/decisions`), 'decision'))).toEqual(['Ana Ruiz', 'bo', 'cy', 'eve']);
});

test('§8.3 a review can be of guests alone', async () => {
  const { client, principalId } = await reviewWorld();
  await client.seed(person('guest', { id: idOfUser(4), userType: 'Guest' }));
  await assign(client, principalId, idOfUser(4));
  const guests = { query: "/users?$filter=(userType eq 'Guest')" };
  const { at, client: opened } = await openReview(
    client,
    reviewOf(principalId, { scope: scopeOf(principalId, guests) }),
  );
  expect(Object.keys(byName(await opened.all(`${at}/decisions`), 'decision'))).toEqual(['guest']);
});

test('§8.6 only what was assigned directly is removed: members of groups stay, and who is gone is told', async () => {
  const { client, principalId, assignedTo } = await reviewWorld();
  const group = await idOf(client, 'groups', securityGroup('Readers'));
  const inner = await idOf(client, 'groups', securityGroup('Inner'));
  await client.seed(person('dan', { id: idOfUser(4) }), person('eve', { id: idOfUser(5) }));
  for (const id of [CY, idOfUser(4), inner]) await client.post(`/groups/${group}/members/$ref`, client.ref(id));
  await client.post(`/groups/${inner}/members/$ref`, client.ref(idOfUser(5)));
  await assign(client, principalId, group);
  const { at, client: opened } = await openReview(
    client,
    reviewOf(principalId, { settings: settings({ autoApplyDecisionsEnabled: true }) }),
  );
  // Eve is in a group in the group, which gives her nothing.
  expect(await results(opened, at)).toEqual({ 'Ana Ruiz': 'New', bo: 'New', cy: 'New', dan: 'New' });
  expect((await opened.post(`${at}/batchRecordDecisions`, { decision: 'Deny', justification: 'All' })).status).toBe(
    204,
  );
  await opened.delete(`/users/${BO}`);
  expect((await opened.post(`${at}/stop`, undefined)).status).toBe(204);
  const after = await later(opened, 'PT1H');
  expect(await results(after, at)).toEqual({
    'Ana Ruiz': 'AppliedSuccessfully',
    bo: 'AppliedSuccessfullyButObjectNotFound',
    cy: 'ApplyNotSupported',
    dan: 'ApplyNotSupported',
  });
  expect((await after.all(assignedTo)).map((one) => one['principalId'])).toEqual([group]);
});

test('§8.6 an instance that is stopped ends, is not begun again, and the series goes on', async () => {
  const { client, principalId } = await reviewWorld();
  const recurrence = recurring({ type: 'weekly' }, { startDate: new Date().toISOString().slice(0, 10) });
  const {
    at,
    review,
    client: opened,
  } = await openReview(
    client,
    reviewOf(principalId, { settings: settings({ recurrence, instanceDurationInDays: 5 }) }),
  );
  expect((await opened.post(`${at}/stop`, undefined)).status).toBe(204);
  expect((await opened.post(`${at}/stop`, undefined)).status).toBe(400);
  expect((await opened.post(`${at}/batchRecordDecisions`, { decision: 'Deny', justification: 'Late' })).status).toBe(
    400,
  );
  const next = await later(opened, 'P7D');
  expect(await statusOf(next, at)).toBe('Completed');
  expect((await currentInstance(next, review)).instance).toMatchObject({ status: 'InProgress' });
});

const stage = (n: number, more: object): object => ({
  stageId: String(n),
  ...(n > 1 && { dependsOn: [String(n - 1)] }),
  durationInDays: 5,
  recommendationsEnabled: false,
  fallbackReviewers: [],
  ...more,
});

test('§8.5 stages run one after another, and the next sees what the one before lets through', async () => {
  const { client, principalId } = await reviewWorld();
  for (const id of [ANA, BO]) await client.put(`/users/${id}/manager/$ref`, client.ref(REVIEWER, 'users'));
  const stageSettings = [
    stage(1, {
      reviewers: [MANAGERS],
      fallbackReviewers: [reviewer(`/users/${CY}`)],
      decisionsThatWillMoveToNextStage: ['Approve'],
    }),
    stage(2, { reviewers: [reviewer(`/users/${SECOND}`)] }),
  ];
  const { at, client: opened } = await openReview(client, reviewOf(principalId, { stageSettings, reviewers: [] }));
  const [first, second] = (await opened.all(`${at}/stages`)) as [Json, Json];
  expect([first['status'], second['status']]).toEqual(['InProgress', 'NotStarted']);
  expect(await opened.all(`${at}/stages/${first['id']}/decisions`)).toHaveLength(3);
  expect(await opened.all(`${at}/stages/${second['id']}/decisions`)).toEqual([]);
  const contacted = async (by: Client) => (await by.all(`${at}/contactedReviewers`)).map((one) => one['id']).sort();
  // Cy has no manager, and reviews by fallback what nobody else does.
  expect(await contacted(opened)).toEqual([CY, REVIEWER]);
  await decideOn(opened, at, { [ANA]: 'Approve', [BO]: 'Deny' });
  const then = await later(opened, 'P5D');
  const statuses = (await then.all(`${at}/stages`)).map((one) => String(one['status']));
  expect(statuses).toEqual(['Completed', 'InProgress']);
  expect(byName(await then.all(`${at}/stages/${second['id']}/decisions`), 'decision')).toEqual({
    'Ana Ruiz': 'NotReviewed',
  });
  expect(byName(await then.all(`${at}/decisions`), 'decision')).toEqual({
    'Ana Ruiz': 'NotReviewed',
    bo: 'Deny',
    cy: 'NotReviewed',
  });
  expect(await contacted(then)).toEqual([CY, REVIEWER, SECOND]);
  await decideOn(then, at, { [ANA]: 'Deny' });
  // What the first stage decided stands there.
  expect(byName(await then.all(`${at}/stages/${first['id']}/decisions`), 'decision')['Ana Ruiz']).toBe('Approve');
  expect((await then.post(`${at}/stages/${second['id']}/stop`, undefined)).status).toBe(204);
  expect((await then.post(`${at}/stages/${second['id']}/stop`, undefined)).status).toBe(400);
  const ended = await later(then, MINUTE);
  expect(await statusOf(ended, at)).toBe('Completed');
  expect(byName(await ended.all(`${at}/decisions`), 'decision')).toEqual({
    'Ana Ruiz': 'Deny',
    bo: 'Deny',
    cy: 'NotReviewed',
  });
});

test('§8.5 a stage that lets nothing through ends the review', async () => {
  const { client, principalId } = await reviewWorld();
  const by = [reviewer(`/users/${REVIEWER}`)];
  const stageSettings = [
    stage(1, { reviewers: by, decisionsThatWillMoveToNextStage: ['Approve'] }),
    stage(2, { reviewers: by }),
  ];
  const { at, client: opened } = await openReview(client, reviewOf(principalId, { stageSettings }));
  expect(String((await opened.get(at)).body['endDateTime']).slice(0, 10)).toBe(
    new Date(Date.now() + 10 * 86_400_000).toISOString().slice(0, 10),
  );
  const after = await later(opened, 'P5DT2M');
  expect(await statusOf(after, at)).toBe('Completed');
});

test('§8.4 reviewers are the members or owners of a group as it is when the instance begins', async () => {
  const { client, principalId } = await reviewWorld();
  const [outer, inner] = [
    await idOf(client, 'groups', securityGroup('Outer')),
    await idOf(client, 'groups', securityGroup('Inner')),
  ];
  await client.post(`/groups/${outer}/members/$ref`, client.ref(inner));
  await client.post(`/groups/${inner}/members/$ref`, client.ref(REVIEWER));
  await client.post(`/groups/${outer}/owners/$ref`, client.ref(SECOND, 'users'));
  const contacted = async (query: string, more: object = {}) => {
    const { at, client: opened } = await openReview(
      client,
      reviewOf(principalId, { reviewers: [reviewer(query)], ...more }),
    );
    return (await opened.all(`${at}/contactedReviewers`)).map((one) => one['userPrincipalName']);
  };
  expect(await contacted(`/groups/${outer}/transitiveMembers`)).toEqual(['reviewer@contoso.com']);
  expect(await contacted(`/groups/${outer}/owners`)).toEqual(['second@contoso.com']);
  // A group without owners: the fallback reviews.
  expect(await contacted(`/groups/${inner}/owners`, { fallbackReviewers: [reviewer(`/users/${CY}`)] })).toEqual([
    'cy@contoso.com',
  ]);
});

test('§11.2 the audit log tells of reviews, by the names of Microsoft’s list', async () => {
  const { client, principalId } = await reviewWorld();
  const { at, client: opened } = await openReview(
    client,
    reviewOf(principalId, { settings: settings({ autoApplyDecisionsEnabled: true }) }),
  );
  await decideOn(opened, at, { [BO]: 'Deny' });
  const after = await later(opened, 'P15D');
  const of = async (filter: string) =>
    (await after.all(`/auditLogs/directoryAudits?$filter=${filter}&$orderby=activityDateTime asc`)).map(
      (one) => one['activityDisplayName'],
    );
  expect(await of("loggedByService eq 'Access Reviews' and category eq 'Policy'")).toEqual([
    'Create access review',
    'Bulk Deny decisions',
    'Access review ended',
    'Apply decision',
  ]);
  expect(await of("loggedByService eq 'Access Reviews' and category eq 'UserManagement'")).toEqual([
    'Auto apply review',
  ]);
  const removals = await after.all(
    `/auditLogs/directoryAudits?$filter=activityDisplayName eq 'Remove app role assignment from user' and targetResources/any(t: t/id eq '${BO}')`,
  );
  expect(removals).toMatchObject([
    { initiatedBy: { app: { displayName: 'AAD Access Reviews' } }, loggedByService: 'Core Directory' },
  ]);
});

test('§8.6 thousands of decisions are made, listed by pages, recorded and applied', async () => {
  const { client, principalId, assignedTo } = await reviewWorld();
  const many = 2000;
  const ids = Array.from({ length: many }, (_, i) => idOfUser(1000 + i));
  await client.seed(...ids.map((id, i) => person(`user${i}`, { id })));
  for (let from = 0; from < many; from += 20) {
    const requests = ids.slice(from, from + 20).map((id, i) => ({
      id: String(i),
      method: 'POST',
      url: assignedTo,
      headers: { 'Content-Type': 'application/json' },
      body: { principalId: id, resourceId: principalId, appRoleId: ROLE_A },
    }));
    await client.post('/$batch', { requests });
  }
  const { at, client: opened } = await openReview(
    client,
    reviewOf(principalId, { settings: settings({ autoApplyDecisionsEnabled: true }) }),
  );
  const listed = await opened.all(`${at}/decisions`);
  expect(new Set(listed.map((one) => one['principal']!['id'])).size).toBe(many + 3);
  const sorted = await opened.all(`${at}/decisions?$orderby=recommendation desc`);
  expect(sorted).toEqual(listed.toReversed());
  expect((await opened.post(`${at}/batchRecordDecisions`, { decision: 'Deny', justification: 'All' })).status).toBe(
    204,
  );
  await decideOn(opened, at, { [ANA]: 'Approve' });
  expect(await opened.all(`${at}/decisions?$filter=decision eq 'Approve'`)).toHaveLength(1);
  const byDecision = await opened.all(`${at}/decisions?$orderby=decision`);
  expect(byDecision.map((one) => one['decision'])).toEqual(['Approve', ...Array(many + 2).fill('Deny')]);
  expect(new Set(byDecision.map((one) => one['id'])).size).toBe(many + 3);
  const after = await later(opened, 'P15D');
  expect(await statusOf(after, at)).toBe('Applied');
  expect((await after.all(assignedTo)).map((one) => one['principalId'])).toEqual([ANA, ANA]);
  expect(await after.all(`${at}/decisions?$filter=applyResult eq 'AppliedSuccessfully'&$select=id`)).toHaveLength(
    many + 3,
  );
});
