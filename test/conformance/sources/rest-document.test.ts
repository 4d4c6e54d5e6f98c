// One JSON document that is read as it comes: what is in it, and what must not pass for one.
import { expect, test } from 'vitest';
import { SourceError } from '../../../src/model/errors.ts';
import type { RestSettings } from '../../../src/model/web-settings.ts';
import { serve } from '../../support/http.ts';
import { toolsWith, WEB } from '../../support/web.ts';
import { readAll } from './suite.ts';

const answering = async (body: string | Buffer, more: Partial<RestSettings> = {}, type = 'application/json') => {
  const { origin } = await serve((_, response) => {
    response.writeHead(200, { 'content-type': type });
    // In small pieces, so that each boundary falls into something once.
    for (let at = 0; at < body.length; at += 7) response.write(body.slice(at, at + 7));
    response.end();
  });
  const settings: RestSettings = {
    ...{ kind: 'rest', web: WEB, address: `${origin}/all`, method: 'GET', headers: {}, body: null, total: null },
    ...{ format: 'jsonStream', paging: { kind: 'none' }, records: 'data.people', columns: { Id: 'id' } },
    ...more,
  };
  return {
    cells: async () => (await readAll(settings, toolsWith({}))).accounts.map(({ cells }) => cells),
    fails: async (): Promise<SourceError> => {
      const error = await readAll(settings, toolsWith({})).catch((reason) => reason);
      expect(error).toBeInstanceOf(SourceError);
      expect(error.remedy).not.toBe('');
      return error;
    },
  };
};

const PEOPLE =
  '{"people": [8], "data": {"note": {"people": [{"id": 9}]}, "people": [{"id": 1}, {"id": 2}]}, "count": 2}';

test('records are found where their names lead, and nowhere else', async () => {
  expect(await (await answering(PEOPLE)).cells()).toEqual([['1'], ['2']]);
  const bare = await answering('\ufeff [{"id": 1}, {"id": 2}] \n', { records: '@' });
  expect(await bare.cells()).toEqual([['1'], ['2']]);
  const quoted = await answering('{"all-of it": [{"id": 1}]}', { records: '"all-of it"' });
  expect(await quoted.cells()).toEqual([['1']]);
});

test('values are what they are in a page, and columns any JMESPath', async () => {
  const written = [
    '9007199254740993',
    '1.10',
    '1e5',
    '-0',
    '0.1',
    'true',
    '"007"',
    'null',
    '["only"]',
    '""',
    '"\\u00e9\\ud83d\\ude00é😀"',
  ];
  const body = `{"data": {"people": [${written.map((value) => `{"a": {"id": ${value}}, "__proto__": {"id": 5}}`).join(', ')}]}}`;
  const columns = { Id: 'a.id', Other: 'id' };
  const streamed = await (await answering(body, { columns })).cells();
  const whole = await (await answering(body, { columns, format: 'json' })).cells();
  expect(streamed).toEqual(whole);
  expect(streamed.map(([id]) => id)).toEqual([
    ...['9007199254740993', '1.10', '1e5', '-0', '0.1', 'true', '007', null, 'only', '', 'é😀é😀'],
  ]);
});

test('the total is held against what came, before and behind the records', async () => {
  expect(await (await answering(PEOPLE, { total: 'count' })).cells()).toHaveLength(2);
  expect(
    await (
      await answering(`{"count": "2", ${PEOPLE.slice(1).replace(', "count": 2', '')}`, { total: 'count' })
    ).cells(),
  ).toHaveLength(2);
  const wrong = await (await answering(PEOPLE.replace('"count": 2', '"count": 3'), { total: 'count' })).fails();
  expect([wrong.code, wrong.message]).toEqual([
    'countMismatch',
    expect.stringContaining('there are 3 records; 2 came'),
  ]);
  expect((await (await answering(PEOPLE, { total: 'meta.count' })).fails()).code).toBe('countMismatch');
});

test.each([
  ['a document that is cut off', PEOPLE.slice(0, -3), 'brokenJson', 'it stops being JSON'],
  ['one that is cut off in a record', '{"data": {"people": [{"id": 1}, {"i', 'brokenJson', 'it stops being JSON'],
  ['an empty answer', '', 'brokenJson', 'it stops being JSON after 0 bytes'],
  ['something behind its end', `${PEOPLE} ${PEOPLE}`, 'brokenJson', 'it stops being JSON'],
  ['a mistake in the middle', '{"data": {"people": [{"id": 1}, {id: 2}]}}', 'brokenJson', 'it stops being JSON'],
  ['a record that is none', '{"data": {"people": [{"id": 1}, 7]}}', 'notARecord', 'record 2: there is a number'],
  [
    'a group in place of a list',
    '{"data": {"people": {"a": {"id": 1}}}}',
    'noRecords',
    'leads to no list, but to a group',
  ],
  ['no list', '{"data": {"users": [{"id": 1}]}}', 'emptyRoster', 'there is no account'],
  ['an empty list', '{"data": {"people": []}}', 'emptyRoster', 'there is no account'],
])('%s is an error', async (_what, body, code, message) => {
  const error = await (await answering(body)).fails();
  expect([error.code, error.message]).toEqual([code, expect.stringContaining(message)]);
});

test('what is no JSON at all is told as what it is', async () => {
  const page = await (await answering('<html><title>Sign in</title></html>', {}, 'text/html')).fails();
  expect([page.code, page.message]).toEqual(['htmlPage', expect.stringContaining('"Sign in"')]);
  const bytes = await (await answering(Buffer.from('7b226461746122ff3a317d', 'hex'))).fails();
  expect(bytes.code).toBe('invalidEncoding');
});

test('an answer without an end and without a record is not read for ever', async () => {
  const web = { ...WEB, maxAnswerBytes: 64 * 1024 };
  const error = await (await answering(`{"data": {"people": [{"id": "${'x'.repeat(200_000)}`, { web })).fails();
  expect(error.code).toBe('tooLarge');
  expect(error.remedy).toContain('format: jsonStream');
});
