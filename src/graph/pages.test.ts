import { expect, test } from 'vitest';
import { answer, scriptedGraph } from '../../test/support/graph.ts';
import type { Call } from './call.ts';
import { oneAhead, pages, readList } from './pages.ts';

const first: Call = {
  method: 'GET',
  path: '/users?$top=2',
  template: '/users',
  headers: { ConsistencyLevel: 'eventual' },
};
const link = (name: string) => `https://graph.example.com/v1.0/users?$skiptoken=${name}%2b%20`;
const page = (ids: readonly string[], next?: string) =>
  answer(200, { value: ids.map((id) => ({ id })), ...(next !== undefined && { '@odata.nextLink': next }) });

test('links are followed as they come, with the headers of the first call', async () => {
  const graph = scriptedGraph(({ path }) => (path === first.path ? page(['1'], link('a')) : page(['2'])));
  expect(await readList(graph.client, first)).toEqual([{ id: '1' }, { id: '2' }]);
  expect(graph.sent[1]).toMatchObject({ path: link('a'), headers: first.headers });
});

test('an empty page with a link is not the end', async () => {
  const graph = scriptedGraph(({ path }) => (path === first.path ? page([], link('a')) : page(['2'])));
  expect(await readList(graph.client, first)).toEqual([{ id: '2' }]);
});

test('a link that comes again and again is an error, not a loop', async () => {
  const graph = scriptedGraph(() => page(['1'], link('a')));
  await expect(readList(graph.client, first)).rejects.toThrow('was read already');
  expect(graph.sent.map(({ path }) => path)).toEqual([first.path, link('a'), link('a'), link('a')]);
});

test.for([
  ['the first page', first.path, `https://graph.example.com/v1.0${first.path}`],
  ['a later one', link('a'), link('a')],
] as const)('%s whose link leads back is asked for again, and what it holds is read once', async ([, astray, back]) => {
  let times = 0;
  const graph = scriptedGraph(({ path }) => {
    if (path === astray) times += 1;
    const leadsBack = path === astray && times === 1;
    if (path === first.path) return page(['1'], leadsBack ? back : link('a'));
    return path === link('a') ? page(['2'], leadsBack ? back : link('b')) : page(['3']);
  });
  expect(await readList(graph.client, first)).toEqual([{ id: '1' }, { id: '2' }, { id: '3' }]);
});

test('a page that fails ends the list with the failure, not early', async () => {
  const graph = scriptedGraph(({ path }) =>
    path === first.path ? page(['1'], link('a')) : answer(403, { error: { code: 'Denied', message: 'no' } }),
  );
  await expect(readList(graph.client, first)).rejects.toMatchObject({ failure: { status: 403, code: 'Denied' } });
});

test('an answer that is no list is an error, not an empty list', async () => {
  const graph = scriptedGraph(() => answer(200, '<html>'));
  await expect(readList(graph.client, first)).rejects.toThrow('a proxy');
});

test('the next page is on its way while the present one is worked on', async () => {
  const graph = scriptedGraph(({ path }) => (path === first.path ? page(['1'], link('a')) : page(['2'], link('b'))));
  const list = oneAhead(pages(graph.client, first));
  await list.next();
  await new Promise(setImmediate);
  expect(graph.sent).toHaveLength(2);
  await list.return(undefined);
});

test('a failure of the next page is met after the present one has been used', async () => {
  const graph = scriptedGraph(({ path }) =>
    path === first.path ? page(['1'], link('a')) : answer(500, { error: { code: 'x', message: 'broken' } }),
  );
  const seen: unknown[] = [];
  const reading = (async () => {
    for await (const one of oneAhead(pages(graph.client, first))) {
      seen.push(one);
      await new Promise(setImmediate);
    }
  })();
  await expect(reading).rejects.toThrow('broken');
  expect(seen).toEqual([[{ id: '1' }]]);
});
