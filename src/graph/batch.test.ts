import { expect, test } from 'vitest';
import { answer, answerItems, itemsOf, scriptedGraph } from '../../test/support/graph.ts';
import { DirectoryError } from '../model/errors.ts';
import type { Call, Outcome } from './call.ts';

const get = (name: string): Call => ({ method: 'GET', path: `/users?n=${name}`, template: '/users' });
const post = (name: string): Call => ({ method: 'POST', path: '/users', template: '/users', body: { name } });
const statuses = (outcomes: readonly Outcome[]) =>
  outcomes.map((outcome) => ('answer' in outcome ? outcome.answer.status : 'lost'));
const lost = () => {
  throw new DirectoryError({ status: 0, code: 'ECONNRESET', message: 'lost' });
};

test('outcomes come in the order of the calls, whatever the order of the answers, twenty calls an envelope', async () => {
  const graph = scriptedGraph((call) => answerItems(call, ({ url }) => ({ status: 200, body: url })));
  const calls = Array.from({ length: 45 }, (_, index) => get(String(index)));
  const outcomes = await graph.batch(calls);
  expect(outcomes.map((outcome) => 'answer' in outcome && outcome.answer.body)).toEqual(calls.map(({ path }) => path));
  expect(graph.sent.map((call) => itemsOf(call).length)).toEqual([20, 20, 5]);
});

test('an item with a body says that it is JSON, and keeps its own headers', async () => {
  const graph = scriptedGraph((call) => answerItems(call, () => ({ status: 201, body: { id: '1' } })));
  await graph.batch([post('a'), { ...post('b'), headers: { Prefer: 'create-if-missing' } }]);
  const [first, second] = itemsOf(graph.sent[0]!);
  expect(first).toEqual({
    id: '1',
    method: 'POST',
    url: '/users',
    headers: { 'Content-Type': 'application/json' },
    body: { name: 'a' },
  });
  expect(second!.headers).toEqual({ Prefer: 'create-if-missing', 'Content-Type': 'application/json' });
});

test('reads and writes go apart, so that an envelope of reads can be sent again at will', async () => {
  const graph = scriptedGraph((call) => answerItems(call, () => ({ status: 200, body: { id: '1' } })));
  expect(statuses(await graph.batch([get('a'), post('b'), get('c')]))).toEqual([200, 200, 200]);
  const methods = graph.sent.map((call) => itemsOf(call).map(({ method }) => method));
  expect(methods.toSorted()).toEqual([['GET', 'GET'], ['POST']]);
});

test('throttled items of several envelopes go into the next one together, with what has come meanwhile', async () => {
  const waiting = new Map<number, number>();
  const graph = scriptedGraph((call) => {
    const number = graph.sent.length;
    waiting.set(number, itemsOf(call).length);
    return answerItems(call, ({ url }) =>
      number <= 4 && Number(url.split('=')[1]) % 4 === 0
        ? { status: 429, headers: { 'Retry-After': '3' } }
        : { status: 200, body: url },
    );
  });
  const many = (from: number, count: number) => Array.from({ length: count }, (_, n) => get(String(from + n)));
  const packs = [0, 20, 40, 60, 80, 100].map((from) => graph.batch(many(from, 20)));
  const outcomes = (await Promise.all(packs)).flat();
  expect(statuses(outcomes)).toEqual(outcomes.map(() => 200));
  // 120 calls and 20 repeats: seven full envelopes.
  expect([...waiting.values()]).toEqual([20, 20, 20, 20, 20, 20, 20]);
  expect(graph.usage.total().throttled).toBe(20);
});

test('a read that the answer leaves out is asked for again', async () => {
  const graph = scriptedGraph((call) =>
    graph.sent.length === 1
      ? answer(200, { responses: [{ id: itemsOf(call)[1]!.id, status: 200, body: {} }] })
      : answerItems(call, () => ({ status: 200 })),
  );
  expect(statuses(await graph.batch([get('a'), get('b')]))).toEqual([200, 200]);
  expect(graph.sent.map((call) => itemsOf(call).length)).toEqual([2, 1]);
});

test('writes that wait when the work is stopped are not sent; those under way are waited for', async () => {
  const stop = new AbortController();
  const graph = scriptedGraph((call) => {
    stop.abort(new Error('stopped'));
    return answerItems(call, () => ({ status: 201, body: { id: '1' } }));
  }, 1);
  const calls = Array.from({ length: 25 }, (_, n) => post(String(n)));
  const outcomes = await graph.batch(calls, stop.signal);
  expect(outcomes.map((one) => 'answer' in one)).toEqual(calls.map((_, n) => n < 20));
  expect(outcomes[24]).toEqual({ stopped: true });
  expect(graph.sent).toHaveLength(1);
});

test('a throttled write is not sent again after the work was stopped: nothing of it was done', async () => {
  const stop = new AbortController();
  const graph = scriptedGraph((call) => {
    stop.abort(new Error('stopped'));
    return answerItems(call, () => ({ status: 429, headers: { 'Retry-After': '9' } }));
  });
  expect(await graph.batch([post('a')], stop.signal)).toEqual([{ stopped: true }]);
  expect(graph.sent).toHaveLength(1);
});

test('reads that are stopped throw the reason', async () => {
  const stop = new AbortController();
  const graph = scriptedGraph(async (_, signal) => {
    stop.abort(new Error('stopped by the user'));
    signal!.throwIfAborted();
    return answer(200, {});
  });
  await expect(graph.batch([get('a')], stop.signal)).rejects.toThrow('stopped by the user');
});

test('an envelope goes on as long as somebody wants one of its answers', async () => {
  const stop = new AbortController();
  const graph = scriptedGraph((call, signal) => {
    stop.abort(new Error('stopped'));
    expect(signal?.aborted ?? false).toBe(false);
    return answerItems(call, () => ({ status: 200 }));
  });
  const stopped = graph.batch([get('a')], stop.signal);
  const other = graph.batch([get('b')], new AbortController().signal);
  await expect(stopped).rejects.toThrow('stopped');
  expect(statuses(await other)).toEqual([200]);
  expect(graph.sent).toHaveLength(1);
});

test('an item whose token is refused is sent again with a fresh one that answers the challenge, once', async () => {
  const claims = JSON.stringify({ access_token: { nbf: { essential: true, value: '1' } } });
  const challenge = { 'WWW-Authenticate': `Bearer claims="${Buffer.from(claims).toString('base64')}"` };
  const asked: (string | undefined)[] = [];
  let token = 'old';
  const tokens = {
    get: async () => token,
    renew: async (_: string, wanted: string | undefined) => {
      asked.push(wanted);
      token = 'new';
      return token;
    },
  };
  const graph = scriptedGraph(
    (call) =>
      answerItems(call, ({ body }) => {
        const { name } = body as { name: string };
        if (name === 'never' || (name === 'b' && token === 'old')) return { status: 401, headers: challenge };
        return { status: 201, body: { id: '1' } };
      }),
    4,
    tokens,
  );
  expect(statuses(await graph.batch([post('a'), post('b'), post('never')]))).toEqual([201, 201, 401]);
  expect(asked).toEqual([claims, claims]);
  expect(graph.sent.map((call) => itemsOf(call).length).reduce((sum, n) => sum + n, 0)).toBe(5);
});

test('only throttled items are sent again, after the longest wait', async () => {
  let envelopes = 0;
  const graph = scriptedGraph((call) => {
    envelopes += 1;
    return answerItems(call, ({ url }) => {
      if (envelopes > 1 || url.endsWith('a')) return { status: 200, body: url };
      return { status: 429, headers: { 'Retry-After': url.endsWith('b') ? '2' : '9' } };
    });
  });
  expect(statuses(await graph.batch([get('a'), get('b'), get('c')]))).toEqual([200, 200, 200]);
  expect(graph.sent.map((call) => itemsOf(call).map(({ url }) => url.at(-1)))).toEqual([
    ['a', 'b', 'c'],
    ['b', 'c'],
  ]);
  expect(graph.clock.slept).toEqual([9000]);
  expect(graph.usage.total().throttled).toBe(2);
});

test('throttled writes are sent again too, but a write that failed on the other side is not', async () => {
  let envelopes = 0;
  const graph = scriptedGraph((call) => {
    envelopes += 1;
    return answerItems(call, ({ body }) => {
      if ((body as { name: string }).name === 'failed') return { status: 503 };
      return envelopes === 1 ? { status: 429, headers: { 'Retry-After': '1' } } : { status: 201, body: { id: '1' } };
    });
  });
  expect(statuses(await graph.batch([post('failed'), post('throttled')]))).toEqual([503, 201]);
  expect(graph.sent.map((call) => itemsOf(call).length)).toEqual([2, 1]);
});

test('a read item that failed on the other side is sent again, a few times', async () => {
  const graph = scriptedGraph((call) => answerItems(call, () => ({ status: 500 })));
  expect(statuses(await graph.batch([get('a')]))).toEqual([500]);
  expect(graph.sent).toHaveLength(3);
});

test('items whose throttling does not end keep their 429', async () => {
  const graph = scriptedGraph((call) => answerItems(call, () => ({ status: 429, headers: { 'retry-after': '1' } })));
  expect(statuses(await graph.batch([get('a')]))).toEqual([429]);
  expect(graph.sent).toHaveLength(11);
});

test('a lost envelope loses all its items, and says of each which request it was', async () => {
  const outcomes = await scriptedGraph(lost).batch([get('a'), post('b')]);
  expect(outcomes).toMatchObject([{ lost: { request: 'GET /users' } }, { lost: { request: 'POST /users' } }]);
});

test('an item that the answer leaves out is lost, alone', async () => {
  const graph = scriptedGraph((call) =>
    answer(200, { responses: [{ id: itemsOf(call)[1]!.id, status: 200, body: {} }] }),
  );
  expect(statuses(await graph.batch([post('a'), post('b')]))).toEqual(['lost', 200]);
});

test('a split answer is read to its end', async () => {
  const graph = scriptedGraph((call) =>
    call.method === 'GET'
      ? answer(200, { responses: [{ id: '2', status: 200 }] })
      : answer(200, { responses: [{ id: '1', status: 200 }], '@odata.nextLink': 'https://graph.example.com/more' }),
  );
  expect(statuses(await graph.batch([get('a'), get('b')]))).toEqual([200, 200]);
  expect(graph.sent[1]!.path).toBe('https://graph.example.com/more');
});

test('one call that makes an envelope unreadable does not take the others with it', async () => {
  const graph = scriptedGraph((call) =>
    itemsOf(call).some(({ url }) => url.endsWith('bad'))
      ? answer(400, { error: { code: 'BadRequest', message: 'Invalid batch payload format.' } })
      : answerItems(call, () => ({ status: 200 })),
  );
  const calls = ['a', 'b', 'bad', 'd', 'e', 'f'].map(get);
  expect(statuses(await graph.batch(calls))).toEqual([200, 200, 400, 200, 200, 200]);
});

test('an envelope that is not allowed is not taken apart', async () => {
  const graph = scriptedGraph(() => answer(403, { error: { code: 'Authorization_RequestDenied', message: 'no' } }));
  expect(statuses(await graph.batch([get('a'), get('b')]))).toEqual([403, 403]);
  expect(graph.sent).toHaveLength(1);
});

test('a page of a proxy in place of an answer loses the items', async () => {
  const graph = scriptedGraph(() => answer(200, '<html>Sign in to the network</html>'));
  expect(statuses(await graph.batch([post('a')]))).toEqual(['lost']);
});

test('each item is counted with its own cost; writes as they are sent', async () => {
  const graph = scriptedGraph((call) =>
    answerItems(call, () => ({ status: 200, headers: { 'x-ms-resource-unit': '1' } })),
  );
  await graph.batch([get('a'), get('b'), post('c')]);
  expect(graph.usage.total()).toMatchObject({ resourceUnits: 3, writes: 1 });
});

test('a sign-in that is refused ends the whole, since nothing was sent', async () => {
  const graph = scriptedGraph(() => {
    throw new DirectoryError({ status: 401, code: 'AADSTS7000215', message: 'wrong secret' });
  });
  await expect(graph.batch([get('a')])).rejects.toThrow('wrong secret');
});
