// The history of reviews, ordered, polled and downloaded: FACTS 8.7.
import { parse } from 'csv-parse/sync';
import { expect, test } from 'vitest';
import { ANA, BO, later, openReview, REVIEWS, reviewOf, reviewWorld, statusOf } from './review-support.ts';
import { type Client, granted } from './support.ts';

const HISTORIES = `${REVIEWS}/historyDefinitions`;

const order = (more: object = {}): object => ({
  displayName: 'Last year',
  decisions: ['approve', 'deny', 'dontKnow', 'notReviewed', 'notNotified'],
  reviewHistoryPeriodStartDateTime: '2020-01-01T00:00:00Z',
  reviewHistoryPeriodEndDateTime: '2040-01-01T00:00:00Z',
  scopes: [
    {
      '@odata.type': '#microsoft.graph.accessReviewQueryScope',
      queryType: 'MicrosoftGraph',
      query: '/identityGovernance/accessReviews/definitions',
    },
  ],
  ...more,
});

/** Orders a history, and waits for it; answers its address and that of its only instance. */
const ordered = async (client: Client, body: object) => {
  const { status, body: made } = await client.post(HISTORIES, body);
  expect(status).toBe(201);
  expect(made).toMatchObject({ status: 'requested', scheduleSettings: null });
  const at = `${HISTORIES}/${made['id']}`;
  const then = await later(client, 'PT1M');
  expect(await statusOf(then, at)).toBe('inprogress');
  const done = await later(then, 'PT1M');
  expect(await statusOf(done, at)).toBe('done');
  const [instance] = await done.all(`${at}/instances`);
  return { at, instance: `${at}/instances/${instance!['id']}`, client: done };
};

const rowsOf = async (client: Client, instance: string): Promise<Record<string, string>[]> => {
  const { status, body } = await client.post(`${instance}/generateDownloadUri`, undefined);
  expect(status).toBe(200);
  const csv = await (await fetch(String(body['downloadUri']))).text();
  return parse(csv, { columns: true, bom: true });
};

test('§8.7 a history is requested, in progress and done, and downloaded for a day without a token', async () => {
  const { client, principalId } = await reviewWorld();
  const { at, review, client: opened } = await openReview(client, reviewOf(principalId));
  await opened.post(`${at}/batchRecordDecisions`, {
    decision: 'Deny',
    justification: 'Gone, "long" ago',
    principalId: BO,
  });
  const history = await ordered(opened, order());
  const rows = await rowsOf(history.client, history.instance);
  expect(rows).toHaveLength(3);
  expect(rows.find((row) => row['PrincipalId'] === BO)).toMatchObject({
    AccessReviewId: at.split('/').at(-1),
    AccessReviewSeriesId: review.split('/').at(-1),
    ResourceDisplayName: 'CORPDB1',
    ResourceId: principalId,
    ReviewName: 'CORPDB1 assignments',
    PrincipalUPN: 'bo@contoso.com',
    ReviewResult: 'Deny',
    Justification: 'Gone, "long" ago',
    ReviewerName: 'Rollcall',
    AccessRecommendation: 'NoInfoAvailable',
    SubmissionResult: 'New',
  });
  expect(Object.keys(rows[0]!)).toHaveLength(30);
  const uri = String((await history.client.get(history.instance)).body['downloadUri']);
  expect((await fetch(uri)).status).toBe(200);
  expect((await fetch(`${uri.slice(0, -1)}x`)).status).toBe(404);
  const nextDay = await later(history.client, 'P1DT1M');
  expect((await fetch(uri)).status).toBe(404);
  expect(await rowsOf(nextDay, history.instance)).toHaveLength(3);
  const gone = await later(nextDay, 'P30D');
  expect((await gone.get(history.at)).status).toBe(404);
});

test('§8.7 a history is of a period, of some decisions, and of what its scope says', async () => {
  const { client, principalId } = await reviewWorld();
  const { at, client: opened } = await openReview(client, reviewOf(principalId));
  await opened.post(`${at}/batchRecordDecisions`, { decision: 'Approve', justification: 'Stays', principalId: ANA });
  let now = opened;
  const people = async (more: object) => {
    const history = await ordered(now, order(more));
    now = history.client;
    return (await rowsOf(now, history.instance)).map((row) => row['PrincipalName']);
  };
  expect(await people({ decisions: ['approve'] })).toEqual(['Ana Ruiz']);
  expect(await people({ decisions: ['notReviewed'] })).toEqual(['bo', 'cy']);
  expect(await people({ reviewHistoryPeriodEndDateTime: '2021-01-01T00:00:00Z' })).toEqual([]);
  const query = "/identityGovernance/accessReviews/definitions?$filter=contains(scope/query,'/groups')";
  const scope = { '@odata.type': '#microsoft.graph.accessReviewQueryScope', queryType: 'MicrosoftGraph', query };
  expect(await people({ scopes: [scope] })).toEqual([]);
});

test('§8.7 a history that cannot be made, or is not made yet, is refused', async () => {
  const { client } = await reviewWorld();
  for (const more of [
    { displayName: undefined },
    { decisions: [] },
    { decisions: ['maybe'] },
    { scopes: [] },
    { scopes: [{ query: '/users', queryType: 'MicrosoftGraph' }] },
    { reviewHistoryPeriodStartDateTime: 'yesterday' },
    { reviewHistoryPeriodEndDateTime: '2019-01-01T00:00:00Z' },
    { scheduleSettings: { reportRange: 'P1M' } },
    { owner: 'ana' },
  ])
    expect({ more, status: (await client.post(HISTORIES, order(more))).status }).toEqual({ more, status: 400 });
  const { body } = await client.post(HISTORIES, order());
  const [instance] = await client.all(`${HISTORIES}/${body['id']}/instances`);
  const early = await client.post(
    `${HISTORIES}/${body['id']}/instances/${instance!['id']}/generateDownloadUri`,
    undefined,
  );
  expect(early.status).toBe(400);
  // To read a history takes as much as to order one.
  const reader = await granted(client, 'AccessReview.Read.All');
  expect((await reader.get(HISTORIES)).status).toBe(403);
  expect((await client.all(HISTORIES)).map((one) => one['displayName'])).toEqual(['Last year']);
});
