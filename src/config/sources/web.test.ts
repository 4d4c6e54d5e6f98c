// What people write of web APIs, and what is said of what is wrong.
import { expect, test } from 'vitest';
import { parseDocument } from 'yaml';
import { ConfigError } from '../../model/errors.ts';
import { problemsOf, schemaMessage } from '../problems.ts';
import { sourceSettings, sourceWritten } from './sources.ts';

const read = (yaml: string) => {
  const data: unknown = parseDocument(yaml).toJS();
  const checked = sourceWritten.safeParse(data, { error: schemaMessage });
  if (checked.success) return sourceSettings(checked.data, (name) => `/config/${name}`);
  const document = { data, placeOf: () => ({ file: 'x' }), keyPlaceOf: () => ({ file: 'x' }) };
  throw new ConfigError(problemsOf(checked.error.issues, document as never));
};

test('what is not written has its default, paths are absolute', () => {
  expect(read('rest: { address: "https://a.contoso.com/x?y=1", signIn: none }')).toEqual({
    kind: 'rest',
    web: {
      signIn: { kind: 'none' },
      caFile: null,
      clientCertificate: null,
      timeLimits: { connect: 10, answer: 300, silence: 60 },
      repeats: 5,
      longestWait: 300,
      maxAnswerBytes: 64 * 2 ** 20,
    },
    address: 'https://a.contoso.com/x?y=1',
    method: 'GET',
    headers: {},
    body: null,
    format: 'json',
    paging: { kind: 'none' },
    records: '@',
    columns: null,
    total: null,
  });
  const { web } = read(`rest:
    address: http://127.0.0.1:8080/x
    signIn: { bearer: { file: token } }
    caFile: ca.pem
    clientCertificate: me.pem
    clientCertificatePassword: { file: pass }`) as { web: object };
  expect(web).toMatchObject({
    signIn: { kind: 'bearer', token: { file: '/config/token' } },
    caFile: '/config/ca.pem',
    clientCertificate: { file: '/config/me.pem', password: { file: '/config/pass' } },
  });
});

test.each([
  ['{ basic: { user: a, password: { env: B } } }', { kind: 'basic', user: 'a', password: { env: 'B' } }],
  ['{ apiKey: { query: key, key: { env: B } } }', { kind: 'apiKey', in: 'query', name: 'key', key: { env: 'B' } }],
  [
    '{ apiKey: { header: X-Key, key: { env: B } } }',
    { kind: 'apiKey', in: 'header', name: 'X-Key', key: { env: 'B' } },
  ],
  [
    '{ clientCredentials: { tokenUrl: "https://a.contoso.com/t", clientId: c, secret: { env: B }, as: body } }',
    {
      kind: 'clientCredentials',
      tokenUrl: 'https://a.contoso.com/t',
      clientId: 'c',
      secret: { env: 'B' },
      scope: null,
      as: 'body',
      more: {},
    },
  ],
])('it signs in by %s', (written, settings) => {
  expect(read(`rest: { address: "https://a.contoso.com", signIn: ${written} }`)).toMatchObject({
    web: { signIn: settings },
  });
});

test('the preset for SAP Cloud Identity Services gives way to what is written', () => {
  const sap = 'preset: sapCloudIdentity, address: "https://a.accounts.ondemand.com/scim", signIn: none';
  expect(read(`scim: { ${sap} }`)).toMatchObject({
    paging: 'startId',
    pageSize: 100,
    columns: { userName: 'userName', 'emails[0].value': 'emails[0].value' },
    groups: null,
  });
  expect(
    read(`scim: { ${sap}, paging: index, pageSize: 50, columns: { a: id }, groups: { column: g } }`),
  ).toMatchObject({
    paging: 'index',
    pageSize: 50,
    columns: { a: 'id' },
    groups: { column: 'g', joinedBy: null },
  });
});

const REST = 'address: "https://a.contoso.com/x", signIn: none';
const SOAP = 'signIn: none, records: "//u"';

test.each([
  ['rest: { address: "http://a.contoso.com", signIn: none }', 'address: expected an https address'],
  ['rest: { address: "https://u:p@a.contoso.com", signIn: none }', 'address: expected an https address'],
  ['rest: { address: "https://a.contoso.com?api_key=1", signIn: none }', '"api_key" belongs under signIn.apiKey'],
  ['rest: { address: "https://a.contoso.com" }', 'signIn: missing'],
  [
    `rest: { ${REST}, headers: { Authorization: Basic x } }`,
    'headers.Authorization: a secret never stands in this file',
  ],
  [`rest: { ${REST}, headers: { X-Api-Key: abc } }`, 'headers.X-Api-Key: a secret never stands in this file'],
  [`rest: { ${REST}, headers: { Host: abc } }`, 'headers.Host: this header cannot be set'],
  [`rest: { ${REST}, headers: { "a b": abc } }`, 'expected the name of a header'],
  [`soap: { ${SOAP}, address: "https://a.contoso.com", body: <a/>, namespaces: { "1": b } }`, 'expected a prefix'],
  [
    `soap: { ${SOAP}, address: "https://a.contoso.com", body: <a/>, values: { "a b": c } }`,
    'expected a name of letters',
  ],
  [`rest: { ${REST}, headers: { X-A: "a\\nb" } }`, 'expected a text on one line'],
  ['rest: { address: "https://a.contoso.com", signIn: { bearer: abc } }', 'a secret never stands in this file'],
  [
    'rest: { address: "https://a.contoso.com", signIn: { apiKey: { key: { env: A } } } }',
    'expected either header or query',
  ],
  [`rest: { ${REST}, columns: { A: "a[" } }`, 'columns.A: expected a JMESPath'],
  [`rest: { ${REST}, records: "nothing(@)" }`, 'records: expected a JMESPath: Unknown function'],
  [`rest: { ${REST}, columns: {} }`, 'columns: expected at least one column'],
  [`rest: { ${REST}, body: { a: 1 } }`, 'body: goes with method: POST only'],
  [`rest: { ${REST}, format: ndjson, total: a }`, 'total: goes with format: json or jsonStream only'],
  [`rest: { ${REST}, paging: { cursor: a } }`, 'paging.parameter: missing'],
  [`rest: { ${REST}, repeats: 100 }`, 'repeats: expected 0 to 20'],
  [`scim: { ${REST}, columns: { A: "emails[type eq].value" } }`, 'columns.A: expected the path of an attribute'],
  [
    `scim: { ${REST}, columns: { A: id }, groups: { column: A } }`,
    'groups.column: a column of this name is there already',
  ],
  [`scim: { ${REST}, preset: sap }`, 'preset: expected sapCloudIdentity'],
  [`soap: { ${SOAP} }`, 'address: missing'],
  [`soap: { ${SOAP}, address: "https://a.contoso.com" }`, 'body: missing'],
  [`soap: { ${SOAP}, wsdl: "https://a.contoso.com" }`, 'operation: missing'],
  [`soap: { ${SOAP}, address: "https://a.contoso.com", body: <a/>, operation: b }`, 'operation: goes with wsdl only'],
  [
    `soap: { ${SOAP}, address: "https://a.contoso.com", body: <a/>, paging: { token: b } }`,
    'expected {pageToken} in the body',
  ],
])('%s: %s', (yaml, message) => {
  expect(() => read(yaml)).toThrow(message);
});

test('one document as it comes has records and a total by their names alone, and no pages', () => {
  const stream = (more: string) =>
    read(`rest: { address: "https://a.contoso.com/x", signIn: none, format: jsonStream, ${more} }`);
  expect(stream('records: data."all-of it", total: meta.count')).toMatchObject({ format: 'jsonStream' });
  expect(() => stream('records: "data[?active]"')).toThrow('expected names alone, such as data.people');
  expect(() => stream('total: length(@)')).toThrow('expected names alone, such as data.people');
  expect(() => stream('paging: { linkHeader: true }')).toThrow('goes with format: json only');
});
