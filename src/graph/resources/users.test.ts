import { expect, test } from 'vitest';
import { answer, answerItems, itemsOf, scriptedGraph } from '../../../test/support/graph.ts';
import type { LookupAnswer, UserLookup } from '../../model/directory.ts';
import type { Graph } from '../graph.ts';
import { countUsers, findUsers, findUsersById } from './users.ts';

const byMail = (value: string): UserLookup => ({ attribute: 'mail', operator: 'equals', values: [value] });

const collect = async (graph: Graph, lookups: Iterable<UserLookup>, slow = false): Promise<readonly LookupAnswer[]> => {
  const answers: LookupAnswer[] = [];
  for await (const one of findUsers(graph, lookups, ['mail'])) {
    answers.push(one);
    if (slow) await new Promise(setImmediate);
  }
  return answers.toSorted((a, b) => a.index - b.index);
};

const echo = (url: string) => ({ status: 200, body: { value: [{ id: decodeURIComponent(url) }] } });

test('each lookup is answered once, however slowly the answers are taken', async () => {
  const graph = scriptedGraph(async (call) => {
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 3));
    return answerItems(call, ({ url }) => echo(url));
  });
  const lookups = Array.from({ length: 205 }, (_, index) => byMail(`user${index}@contoso.com`));
  const answers = await collect(graph, lookups, true);
  expect(answers.map(({ index }) => index)).toEqual(lookups.map((_, index) => index));
  for (const [index, one] of answers.entries())
    expect('users' in one && one.users[0]!.id).toContain(`'user${index}@contoso.com'`);
  expect(graph.sent).toHaveLength(11);
});

test('lookups are taken only as there is room for them', async () => {
  let taken = 0;
  const source = function* () {
    for (;;) {
      taken += 1;
      yield byMail(`user${taken}@contoso.com`);
    }
  };
  const graph = scriptedGraph((call) => answerItems(call, ({ url }) => echo(url)), 2);
  const answers = findUsers(graph, source(), ['mail']);
  await answers.next();
  await answers.return(undefined);
  expect(taken).toBeLessThanOrEqual(2 * 20 + 21);
});

test('selects what is asked for and the id, by the largest pages', async () => {
  const graph = scriptedGraph((call) => answerItems(call, ({ url }) => echo(url)));
  await collect(graph, [byMail('a')]);
  expect(itemsOf(graph.sent[0]!)[0]!.url).toBe("/users?$filter=mail%20in%20('a')&$select=id,mail&$top=999");
});

test('a lookup that cannot be asked fails by itself', async () => {
  const graph = scriptedGraph((call) => answerItems(call, ({ url }) => echo(url)));
  const answers = await collect(graph, [byMail('a'), byMail('\ud800'), byMail('b')]);
  expect(answers.map((one) => 'users' in one)).toEqual([true, false, true]);
  expect(answers[1]).toMatchObject({ failure: { status: 400, code: 'InvalidLookup' } });
  expect(itemsOf(graph.sent[0]!)).toHaveLength(2);
});

test('a lookup that the directory refuses fails by itself', async () => {
  const graph = scriptedGraph((call) =>
    answerItems(call, ({ url }) =>
      url.includes('bad') ? { status: 400, body: { error: { code: 'Request_BadRequest', message: 'no' } } } : echo(url),
    ),
  );
  const answers = await collect(graph, [byMail('a'), byMail('bad')]);
  expect(answers.map((one) => 'users' in one)).toEqual([true, false]);
});

test('the pages of an answer inside an envelope are followed', async () => {
  const next = 'https://graph.example.com/v1.0/users?$skiptoken=1';
  const graph = scriptedGraph((call) =>
    call.path === next
      ? answer(200, { value: [{ id: '2' }] })
      : answerItems(call, () => ({ status: 200, body: { value: [{ id: '1' }], '@odata.nextLink': next } })),
  );
  const sam: UserLookup = { attribute: 'onPremisesSamAccountName', operator: 'equals', values: ['a'] };
  expect(await collect(graph, [sam])).toEqual([{ index: 0, users: [{ id: '1' }, { id: '2' }] }]);
  expect(graph.sent[1]!.headers).toEqual({ ConsistencyLevel: 'eventual' });
});

test('a next page that fails makes the whole lookup fail', async () => {
  const graph = scriptedGraph((call) =>
    call.method === 'GET'
      ? answer(500, { error: { code: 'x', message: 'broken' } })
      : answerItems(call, () => ({
          status: 200,
          body: { value: [{ id: '1' }], '@odata.nextLink': 'https://graph.example.com/v1.0/x' },
        })),
  );
  expect(await collect(graph, [byMail('a')])).toMatchObject([{ failure: { status: 500 } }]);
});

test('what the directory refuses as a default query is tried as an advanced one, and remembered', async () => {
  const graph = scriptedGraph((call) =>
    answerItems(call, ({ url, headers }) =>
      headers?.['ConsistencyLevel'] === 'eventual' && url.endsWith('&$count=true')
        ? echo(url)
        : { status: 400, body: { error: { code: 'Request_UnsupportedQuery', message: 'Unsupported' } } },
    ),
  );
  const lookup = (value: string): UserLookup => ({ attribute: 'employeeId', operator: 'startsWith', values: [value] });
  expect((await collect(graph, [lookup('1'), lookup('2')])).every((one) => 'users' in one)).toBe(true);
  expect(graph.sent).toHaveLength(2);
  await collect(graph, [lookup('3')]);
  expect(graph.sent).toHaveLength(3);
});

test('long values do not make an envelope too large', async () => {
  const graph = scriptedGraph((call) => answerItems(call, ({ url }) => echo(url)));
  await collect(
    graph,
    Array.from({ length: 20 }, (_, index) => byMail(`${index}${'ü'.repeat(30_000)}`)),
  );
  const sizes = graph.sent.map((call) => JSON.stringify(call.body).length);
  expect(Math.max(...sizes)).toBeLessThan(2_000_000);
  expect(sizes.length).toBeGreaterThan(2);
});

test('users are found by id, and a failure is thrown', async () => {
  const graph = scriptedGraph((call) => answerItems(call, ({ url }) => echo(url)));
  const ids = Array.from({ length: 31 }, (_, index) => `id${index}`);
  expect(await findUsersById(graph, ids, ['mail'])).toHaveLength(3);
  const failing = scriptedGraph((call) => answerItems(call, () => ({ status: 403 })));
  await expect(findUsersById(failing, ids, ['mail'])).rejects.toMatchObject({ failure: { status: 403 } });
});

test('the number of users is read from text; a page of a proxy is no number', async () => {
  expect(await countUsers(scriptedGraph(() => answer(200, '\ufeff1234')))).toBe(1234);
  await expect(countUsers(scriptedGraph(() => answer(200, '<html>')))).rejects.toThrow('did not come as a number');
  await expect(countUsers(scriptedGraph(() => answer(200)))).rejects.toThrow('did not come as a number');
});

test('stopping ends the lookups with the reason', async () => {
  const stop = new AbortController();
  const graph = scriptedGraph((call) => answerItems(call, ({ url }) => echo(url)));
  const source = function* () {
    for (let index = 0; ; index += 1) {
      if (index === 50) stop.abort(new Error('stopped by the user'));
      yield byMail(`user${index}@contoso.com`);
    }
  };
  const reading = (async () => {
    for await (const _ of findUsers(graph, source(), ['mail'], stop.signal));
  })();
  await expect(reading).rejects.toThrow('stopped by the user');
});
