// What any query of users is held to: options, limits, pages, searches. FACTS 2.2 and 2.4.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTenant } from '../../../src/tenant/server.ts';
import { type Client, clientOf, errorOf, names, person, where } from './support.ts';

const COUNT = '&$count=true';
const unsupportedQuery = (message: string) => ({ status: 400, code: 'Request_UnsupportedQuery', message });
const badRequest = (message: string) => ({ status: 400, code: 'BadRequest', message });

let client: Client;
let close: () => Promise<void>;
beforeAll(async () => {
  const tenant = await startTenant();
  close = () => tenant.close();
  client = await clientOf(tenant);
  await client.seed(
    person('ana', { displayName: 'Ana RuizDiaz', surname: 'Ruiz', mail: 'Ana@contoso.com', department: 'Sales' }),
    person('bo', { displayName: "Bo O'Neil", surname: 'Neil', department: 'Sales', accountEnabled: false }),
    person('cy', { displayName: 'Conf Room7 Crystal', department: 'IT', proxyAddresses: ['smtp:cy@contoso.com'] }),
    person('$dot', { displayName: 'Dot' }),
    person('eve', {
      displayName: 'Eve',
      signInActivity: { lastSignInDateTime: '2026-01-02T00:00:00Z', lastSignInRequestId: null },
    }),
  );
});
afterAll(() => close());

const find = async (filter: string) => names(await client.get(where(filter)));
const findAdvanced = async (filter: string) => names(await client.advanced(where(filter, COUNT)));

describe('§2.4 what needs an advanced query', () => {
  test.each([
    [
      "department ne 'Sales'",
      "Unsupported property filter clause operator 'NotEqualsMatch'.",
      ['Conf Room7 Crystal', 'Dot', 'Eve'],
    ],
    [
      "not(department eq 'Sales')",
      "Unsupported property filter clause operator 'NotMatch'.",
      ['Conf Room7 Crystal', 'Dot', 'Eve'],
    ],
    [
      "not(proxyAddresses/any(p:p eq 'smtp:cy@contoso.com'))",
      "Unsupported property filter clause operator 'NotMatch'.",
      ['Ana RuizDiaz', "Bo O'Neil", 'Dot', 'Eve'],
    ],
    ['mail ne null', "Unsupported property filter clause operator 'NotEqualsMatch'.", ['Ana RuizDiaz']],
    [
      'proxyAddresses/$count ne 0',
      "Unsupported or invalid query filter clause specified for property 'proxyAddresses' of resource 'User'.",
      ['Conf Room7 Crystal'],
    ],
  ])('§2.4 %s is refused by default and answered as an advanced query', async (filter, message, found) => {
    expect(errorOf(await client.get(where(filter)))).toEqual(unsupportedQuery(message));
    expect(await findAdvanced(filter)).toEqual(found);
  });

  test('§2.4 neither the header alone nor $count=true alone makes a query advanced', async () => {
    const filter = where("companyName eq 'x'");
    const refused = unsupportedQuery(
      "Unsupported or invalid query filter clause specified for property 'companyName' of resource 'User'.",
    );
    expect(errorOf(await client.advanced(filter))).toEqual(refused);
    expect(errorOf(await client.get(filter + COUNT))).toEqual(refused);
    expect((await client.advanced(filter + COUNT)).status).toBe(200);
  });

  test('§2.4 $count=true without the header is ignored, a $count segment refused', async () => {
    expect((await client.get('/users?$count=true')).body).not.toHaveProperty('@odata.count');
    expect(errorOf(await client.get('/users/$count'))).toEqual({
      status: 400,
      code: 'Request_BadRequest',
      message: '$count is not currently supported.',
    });
    expect((await client.advanced("/users/$count?$filter=department%20ne%20'Sales'")).text).toBe('3');
    expect((await client.advanced(`/users/$count?$search=${encodeURIComponent('"displayName:ana"')}`)).text).toBe('1');
  });

  test('§2.4 $filter with $orderby needs an advanced query, and an order alone knows two properties', async () => {
    const both = `${where("department eq 'Sales'")}&$orderby=displayName%20desc`;
    expect(errorOf(await client.get(both))).toEqual(unsupportedQuery('Sorting not supported for current query.'));
    const sorted = (await client.advanced(both + COUNT)).body['value'] as unknown as { displayName: string }[];
    expect(sorted.map(({ displayName }) => displayName)).toEqual(["Bo O'Neil", 'Ana RuizDiaz']);
    for (const order of ['displayName', 'userPrincipalName', 'displayName%20asc'])
      expect((await client.get(`/users?$orderby=${order}`)).status).toBe(200);
    expect(errorOf(await client.get('/users?$orderby=surname'))).toEqual(
      unsupportedQuery("Unsupported sort property 'surname' for 'User'."),
    );
    expect(errorOf(await client.advanced('/users?$orderby=surname&$count=true'))).toEqual(
      unsupportedQuery('An unsupported property was specified.'),
    );
  });
});

describe('§2.4 limits', () => {
  const values = (n: number, length = 1) =>
    Array.from({ length: n }, (_, i) => `'${'x'.repeat(length)}${i}@contoso.com'`).join(',');
  const tooMany = (n: number) =>
    unsupportedQuery(
      `Too many child clauses specified in search filter expression containing 'OR' operators: ${n}. Max allowed: 15.`,
    );

  test('§2.4 more than 15 alternatives are refused, however they are spread over "in" and "or"', async () => {
    const or = (n: number) => Array.from({ length: n }, (_, i) => `displayName eq '${i}'`).join(' or ');
    const any = (n: number) =>
      `proxyAddresses/any(p:${Array.from({ length: n }, (_, i) => `p eq '${i}'`).join(' or ')})`;
    for (const filter of [`mail in (${values(15)})`, or(15), any(15)])
      expect((await client.get(where(filter))).status).toBe(200);
    for (const filter of [`mail in (${values(16)})`, or(16), any(16), `mail in (${values(14)}) or ${or(2)}`])
      expect(errorOf(await client.get(where(filter)))).toEqual(tooMany(16));
    expect((await client.advanced(where(`mail in (${values(40)})`, COUNT))).status).toBe(200);
  });

  test('§2.4 with the header the address is the bound, and inside a batch there is none', async () => {
    const url = where(`mail in (${values(60, 40)})`, COUNT);
    expect(url.length).toBeGreaterThan(2048);
    expect((await client.advanced(url)).status).toBe(414);
    const headers = { ConsistencyLevel: 'eventual' };
    const { body } = await client.post('/$batch', { requests: [{ id: '1', method: 'GET', url, headers }] });
    expect(body['responses']![0]!['status']).toBe(200);
    // A long address of few alternatives is no advanced query's business.
    expect((await client.get(where(`mail in (${values(15, 120)})`))).status).toBe(200);
  });

  test('§2.4 what is nested too deep is refused by default', async () => {
    const [a, b, c, d] = ["displayName eq 'a'", "city eq 'b'", "country eq 'c'", 'accountEnabled eq true'];
    for (const filter of [`(${a} or (${b} and ${c}))`, `(${a} and ${b}) or (${c} and ${d})`, `(((${a})))`])
      expect((await client.get(where(filter))).status).toBe(200);
    const deep = `((${a} or (${b} and ${c})) and ${d})`;
    expect(errorOf(await client.get(where(deep)))).toMatchObject({
      status: 400,
      code: 'Request_UnsupportedQuery',
      message: expect.stringContaining('search filter expression has excessive height: 4. Max allowed: 3'),
    });
    expect((await client.advanced(where(deep, COUNT))).status).toBe(200);
  });

  test('§2.4 a beginning of more than 120 characters is refused by default', async () => {
    const filter = (n: number) => where(`startsWith(displayName,'${'a'.repeat(n)}')`);
    expect((await client.get(filter(120))).status).toBe(200);
    expect(errorOf(await client.get(filter(121)))).toMatchObject({ status: 400, code: 'Request_UnsupportedQuery' });
  });

  test('§2.4 "all" is unsupported in any query', async () => {
    const filter = "proxyAddresses/all(p:p eq 'x')";
    for (const answer of [await client.get(where(filter)), await client.advanced(where(filter, COUNT))])
      expect(errorOf(answer)).toMatchObject({ status: 400, code: 'Request_UnsupportedQuery' });
  });
});

describe('§2.4 values', () => {
  test('§2.4 a quote is doubled, a plus sign encoded, and text is compared without regard to case', async () => {
    expect(await find("displayName eq 'BO O''neil'")).toEqual(["Bo O'Neil"]);
    await client.seed(person('plus', { department: 'a+b', displayName: 'Plus' }));
    expect(names(await client.get("/users?$filter=department%20eq%20'a%2Bb'"))).toEqual(['Plus']);
    expect(names(await client.get("/users?$filter=department%20eq%20'a+b'"))).toEqual([]);
    expect((await client.delete('/users/plus@contoso.com')).status).toBe(204);
  });

  test('§2.4 a blank before or behind a value is part of it', async () => {
    expect(await find("department eq 'IT'")).toEqual(['Conf Room7 Crystal']);
    for (const value of [' IT', 'IT ']) expect(await find(`department eq '${value}'`)).toEqual([]);
  });

  test.each([
    ["accountEnabled eq 'true'", 'Edm.Boolean', 'Edm.String', 'Equal'],
    ['displayName eq true', 'Edm.String', 'Edm.Boolean', 'Equal'],
    ['employeeId eq 7', 'Edm.String', 'Edm.Int32', 'Equal'],
    ['id eq aaaaaaaa-0000-4000-8000-000000000001', 'Edm.String', 'Edm.Guid', 'Equal'],
    ["createdDateTime le '2026-01-01T00:00:00Z'", 'Edm.DateTimeOffset', 'Edm.String', 'LessThanOrEqual'],
    ['proxyAddresses/any(p:p eq 7)', 'Edm.String', 'Edm.Int32', 'Equal'],
    ['mail in (7)', 'Edm.String', 'Edm.Int32', 'Equal'],
  ])('§2.4 %s compares values of different types', async (filter, declared, given, operator) => {
    expect(errorOf(await client.get(where(filter)))).toEqual(
      badRequest(
        `Invalid filter clause: A binary operator with incompatible types was detected. Found operand types '${declared}' and '${given}' for operator kind '${operator}'.`,
      ),
    );
  });

  test('§2.4 a property that does not exist is refused wherever it is named', async () => {
    const text = "Could not find a property named 'nonsense' on type 'microsoft.graph.user'.";
    expect(errorOf(await client.get('/users?$select=id,nonsense'))).toEqual(
      badRequest(`Parsing OData Select and Expand failed: ${text}`),
    );
    expect(errorOf(await client.get(where("nonsense eq 'x'")))).toEqual(badRequest(`Invalid filter clause: ${text}`));
    expect(errorOf(await client.get('/users?$orderby=nonsense'))).toEqual(badRequest(text));
  });
});

describe('§2.4 $search', () => {
  const search = (text: string, more = '') => `/users?$search=${encodeURIComponent(text)}${more}`;
  const found = async (text: string, more = '') => names(await client.advanced(search(text, more)));

  test('§2.4 a search needs the header', async () => {
    expect(errorOf(await client.get(search('"displayName:ana"')))).toEqual(
      unsupportedQuery(
        "Request with $search query parameter only works through MSGraph with a special request header: 'ConsistencyLevel: eventual'",
      ),
    );
  });

  test('§2.4 names are found by the beginnings of their words, other properties by their own beginning', async () => {
    expect(await found('"displayName:ruiz"')).toEqual(['Ana RuizDiaz']);
    expect(await found('"displayName:DIAZ an"')).toEqual(['Ana RuizDiaz']);
    expect(await found('"displayName:neil"')).toEqual(["Bo O'Neil"]);
    expect(await found('"displayName:conf room c"')).toEqual(['Conf Room7 Crystal']);
    expect(await found('"displayName:oom"')).toEqual([]);
    expect(await found('"mail:ana@"')).toEqual(['Ana RuizDiaz']);
    expect(await found('"mail:contoso"')).toEqual([]);
    expect(await found('"userPrincipalName:b"')).toEqual(["Bo O'Neil"]);
  });

  test('§2.4 clauses are joined by AND and OR, and searches with filters, orders, counts and pages', async () => {
    expect(await found('"displayName:ana" OR "displayName:bo"')).toEqual(['Ana RuizDiaz', "Bo O'Neil"]);
    expect(await found('"displayName:ana" AND "mail:bo"')).toEqual([]);
    expect(await found('"mail:ana" AND ("displayName:bo" OR "displayName:ruiz")')).toEqual(['Ana RuizDiaz']);
    expect(await found('"displayName:ana" OR "displayName:bo"', "&$filter=surname%20eq%20'Neil'")).toEqual([
      "Bo O'Neil",
    ]);
    const first = await client.advanced(
      search('"displayName:ana" OR "displayName:bo"', '&$count=true&$orderby=displayName%20desc&$top=1'),
    );
    expect(first.body['@odata.count']).toBe(2);
    expect(names(first)).toEqual(["Bo O'Neil"]);
    const next = String(first.body['@odata.nextLink']);
    expect(names(await client.advanced(next))).toEqual(['Ana RuizDiaz']);
    expect((await client.get(next)).status).toBe(400);
  });

  test('§2.4 a search without quotes, or of what cannot be searched, is refused', async () => {
    expect(errorOf(await client.advanced(search('displayName:ana')))).toEqual(
      badRequest("Syntax error: character ':' is not valid at position 11 in 'displayName:ana'."),
    );
    for (const text of [
      '',
      '"displayName:ana',
      '"displayName:ana" XOR "mail:x"',
      '("mail:x"',
      '"ana"',
      '"department:IT"',
      '"displayName:"',
    ])
      expect({ text, ...errorOf(await client.advanced(search(text))) }).toMatchObject({ text, status: 400 });
  });
});

describe('§2.2 lists', () => {
  test('§2.2 $skip is refused, an unknown option with a $ is, too, and one without is ignored', async () => {
    expect((await client.get('/users?$skip=1')).status).toBe(400);
    expect((await client.get('/users?$nonsense=1')).status).toBe(400);
    expect((await client.get('/users?nonsense=1&$top=2')).body['value']).toHaveLength(2);
    expect((await client.get('/users?$top=1&$top=2')).status).toBe(400);
  });

  test.each(['aboutMe', 'birthday', 'hireDate', 'interests', 'mailboxSettings', 'mySite', 'skills'])(
    '§2.2 %s is not implemented for lists, and answered for one user',
    async (property) => {
      expect(errorOf(await client.get(`/users?$select=id,${property}`))).toEqual({
        status: 501,
        code: 'NotImplemented',
        message: 'This operation target is not yet supported.',
      });
      const one = await client.get(`/users/ana@contoso.com?$select=${property}`);
      expect([one.status, Object.keys(one.body)]).toEqual([200, ['@odata.context', property]]);
    },
  );

  test('§2.2 pages with sign-ins hold 500 at most', async () => {
    const tenant = await startTenant({ generate: 510 });
    const other = await clientOf(tenant);
    for (const query of [
      '$select=id,signInActivity',
      "$filter=signInActivity/lastSignInDateTime%20le%202030-01-01T00:00:00Z or id ne ''&$count=true",
    ]) {
      const page = await other.advanced(`/users?${query}&$top=999`);
      expect((page.body['value'] as unknown as object[]).length).toBe(500);
      expect(page.body).toHaveProperty('@odata.nextLink');
    }
    await tenant.close();
    expect(await find('signInActivity/lastSignInDateTime le 2026-01-03T00:00:00Z')).toEqual(['Eve']);
    expect(await find('signInActivity/lastSignInDateTime ge 2026-01-03T00:00:00Z')).toEqual([]);
  });

  test('§2.2 the header is needed again on each page, and the count comes with the first alone', async () => {
    const first = await client.advanced(`${where("department ne 'IT'")}${COUNT}&$top=1&$select=displayName`);
    expect(first.body['@odata.count']).toBe(4);
    const next = String(first.body['@odata.nextLink']);
    expect(errorOf(await client.get(next))).toEqual(
      unsupportedQuery("Unsupported property filter clause operator 'NotEqualsMatch'."),
    );
    const second = await client.advanced(next);
    expect(second.body).not.toHaveProperty('@odata.count');
    expect(names(second)).toHaveLength(1);
    expect(new URL(next).searchParams.get('$skiptoken')).toMatch(/^[\w-]+$/);
  });

  test('§2.2 a name that begins with a $ is a key in parentheses and quotes, and no segment', async () => {
    expect((await client.get("/users('$dot@contoso.com')")).body['displayName']).toBe('Dot');
    expect((await client.get("/users('%24dot%40contoso.com')?$select=id")).status).toBe(200);
    expect((await client.get('/users/$dot@contoso.com')).status).toBe(400);
  });
});
