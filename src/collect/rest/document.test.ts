// A document that is read as it comes holds what it holds when it is parsed as a whole, wherever its pieces end.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { WEB } from '../../../test/support/web.ts';
import { parseJson } from '../http/json.ts';
import { recordsOf } from './document.ts';
import { plainPath } from './plain-path.ts';

const PLACE = { address: 'https://api.contoso.com/all' };

const read = async (text: string, size: number, records: string): Promise<unknown[]> => {
  const bytes = Buffer.from(text);
  const pieces = (async function* () {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  })();
  const answer = { status: 200, headers: {}, url: new URL(PLACE.address), pieces };
  const all: unknown[] = [];
  for await (const found of recordsOf(answer, { records, total: null, web: WEB }, PLACE, (masked) => masked))
    all.push(...found);
  return all;
};

test('it holds what JSON.parse finds, in pieces of any size', async () => {
  const people = fc.array(fc.jsonValue({ maxDepth: 3 }), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(
      people,
      fc.jsonValue(),
      fc.integer({ min: 1, max: 40 }),
      fc.boolean(),
      async (list, other, size, spaced) => {
        const text = JSON.stringify({ other, data: { more: other, people: list }, last: other }, null, spaced ? 2 : 0);
        const whole = (parseJson(text) as { data: { people: unknown[] } }).data.people;
        expect(await read(text, size, 'data.people')).toEqual(whole);
        expect(await read(JSON.stringify(list), size, '@')).toEqual(parseJson(JSON.stringify(list)));
      },
    ),
  );
});

test('whatever is cut off is no document', async () => {
  const text = JSON.stringify({
    data: [
      { id: 1.5, name: 'Zoë "Z"' },
      { id: -0.25, name: null },
    ],
    n: 2,
  });
  const { length } = Buffer.from(text);
  for (let end = 0; end < length; end += 1) {
    const cut = Buffer.from(text).subarray(0, end).toString('latin1');
    await expect(read(cut, 5, 'data')).rejects.toMatchObject({ code: 'brokenJson' });
  }
});

test('only paths from name to name are plain', () => {
  expect(plainPath('@')).toEqual([]);
  expect(plainPath('data')).toEqual(['data']);
  expect(plainPath('data.people."all of-it"')).toEqual(['data', 'people', 'all of-it']);
  for (const other of ['data[0]', 'data[*].a', 'data | [0]', 'length(data)', '"a.b"', '*', 'a.*', 'a..b', '']) {
    expect(plainPath(other)).toBeUndefined();
  }
});
