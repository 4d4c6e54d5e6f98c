// The table of filter support, cell by cell, in default and in advanced queries: FACTS 2.3.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTenant } from '../../../src/tenant/server.ts';
import { type Client, clientOf, errorOf, names, person, where } from './support.ts';

/** D: in any query; A: in advanced ones alone; P: in those alone that are not advanced; -: never; 0: finds nothing, silently. */
type Level = 'D' | 'A' | 'P' | '-' | '0';

/** Property, then eq and in, startsWith, endsWith, eq null. Where FACTS has no certain answer, the local tenant's choice. */
const TABLE = `
  id                                                | D | - | - | -
  userPrincipalName                                 | D | D | A | -
  mail                                              | D | D | A | A
  proxyAddresses/any                                | D | D | A | A
  otherMails/any                                    | D | D | A | A
  mailNickname                                      | D | D | - | -
  displayName                                       | D | D | - | -
  givenName                                         | D | D | - | A
  surname                                           | D | D | - | A
  department                                        | D | D | - | A
  jobTitle                                          | D | D | - | A
  city                                              | D | D | - | A
  country                                           | D | D | - | A
  usageLocation                                     | D | D | - | A
  employeeId                                        | D | A | - | A
  employeeType                                      | A | A | - | A
  companyName                                       | A | A | - | A
  mobilePhone                                       | A | A | - | A
  userType                                          | D | - | - | -
  accountEnabled                                    | D | - | - | -
  externalUserState                                 | D | - | - | -
  creationType                                      | D | - | - | -
  onPremisesSamAccountName                          | A | A | - | A
  onPremisesDistinguishedName                       | A | A | - | A
  onPremisesDomainName                              | A | A | - | A
  onPremisesImmutableId                             | D | - | - | -
  onPremisesSecurityIdentifier                      | D | - | - | -
  onPremisesSyncEnabled                             | D | - | - | A
  onPremisesUserPrincipalName                       | 0 | - | - | -
  ${Array.from({ length: 15 }, (_, i) => `onPremisesExtensionAttributes/extensionAttribute${i + 1} | A | A | - | A`).join('\n')}
  imAddresses/any                                   | D | D | - | -
  businessPhones/any                                | A | A | - | -
  extension_00000000000000000000000000000001_badge  | D | A | - | A
  extab1cd2ef_courses/title                         | A | A | - | A
  extensions/any                                    | - | - | - | -
  officeLocation                                    | - | - | - | -
  birthday                                          | - | - | - | -
`;

const ROWS = TABLE.trim()
  .split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim()) as [string, Level, Level, Level, Level]);

const FLAGS = new Set(['accountEnabled', 'onPremisesSyncEnabled']);

/** The one user that has a value everywhere; another has none. */
const FULL: Readonly<Record<string, unknown>> = {
  id: 'aaaaaaaa-0000-4000-8000-000000000001',
  userPrincipalName: 'Mixed.Case@contoso.com',
  displayName: 'Mixed Case',
  accountEnabled: false,
  onPremisesSyncEnabled: true,
  createdDateTime: '2026-01-01T00:00:00Z',
  identities: [{ signInType: 'federated', issuer: 'facebook.com', issuerAssignedId: 'Mixed7' }],
  extab1cd2ef_courses: { title: 'Mixed Case', hours: 3 },
};

const heldIn = (property: string): unknown =>
  FULL[property] ?? (property.endsWith('/any') ? ['Mixed Case'] : 'Mixed Case');

let client: Client;
let close: () => Promise<void>;
beforeAll(async () => {
  const tenant = await startTenant();
  close = () => tenant.close();
  client = await clientOf(tenant);
  const user: Record<string, unknown> = { ...FULL, onPremisesExtensionAttributes: {} };
  for (const [property] of ROWS) {
    const [name = '', member] = property.split('/');
    if (name === 'extensions' || name === 'birthday' || name === 'extab1cd2ef_courses') continue;
    if (member?.startsWith('extensionAttribute')) Object.assign(user[name] as object, { [member]: heldIn(property) });
    else user[name] = heldIn(property);
  }
  await client.seed(user, person('nobody', { createdDateTime: '2026-03-01T00:00:00Z' }));
});
afterAll(() => close());

const ask = (filter: string, isAdvanced: boolean) =>
  isAdvanced ? client.advanced(`${where(filter)}&$count=true`) : client.get(where(filter));

const unsupported = (property: string) => ({
  status: 400,
  code: 'Request_UnsupportedQuery',
  message: `Unsupported or invalid query filter clause specified for property '${property}' of resource 'User'.`,
});

/** What a cell says of a filter, in one mode. */
const expectCell = async (
  filter: string,
  level: Level,
  isAdvanced: boolean,
  property: string,
  found: readonly string[] = ['Mixed Case'],
): Promise<void> => {
  const answer = await ask(filter, isAdvanced);
  const context = { filter, isAdvanced };
  const works = level === 'D' || (level === 'A' && isAdvanced) || (level === 'P' && !isAdvanced);
  if (level === '0') expect({ ...context, value: answer.body['value'] }).toEqual({ ...context, value: [] });
  else if (works)
    expect({ ...context, status: answer.status, found: names(answer) }).toEqual({ ...context, status: 200, found });
  else if (level === 'A' && /endsWith/.test(filter))
    expect({ ...context, ...errorOf(answer) }).toEqual({
      ...context,
      status: 400,
      code: 'Request_UnsupportedQuery',
      message:
        "Operator 'endsWith' is not supported because the 'ConsistencyLevel:eventual' header is missing. Refer to https://aka.ms/graph-docs/advanced-queries for more information",
    });
  else expect({ ...context, ...errorOf(answer) }).toEqual({ ...context, ...unsupported(property) });
};

describe.each([
  ['default', false],
  ['advanced', true],
])('§2.3 in %s queries', (_, isAdvanced) => {
  test.each(ROWS)('§2.3 %s: eq %s, startsWith %s, endsWith %s, null %s', async (path, equal, starts, ends, empty) => {
    const property = path
      .replace(/\/any$/, '')
      .split('/')
      .at(-1)!;
    const value = FLAGS.has(path) ? String(heldIn(path)) : `'${String(heldIn(path)).toUpperCase()}'`;
    const beginning = "'mIX'";
    const end = path === 'userPrincipalName' ? "'cASE@CONTOSO.com'" : "'cASE'";
    const cell = (filter: string, level: Level, found?: readonly string[]) =>
      expectCell(filter, level, isAdvanced, property, found);
    if (path.endsWith('/any')) {
      await cell(`${path}(x:x eq ${value})`, equal);
      await cell(`${path}(x:x eq 'other' or x eq ${value})`, equal);
      await cell(`${path}(x:startsWith(x,${beginning}))`, starts);
      await cell(`${path}(x:endsWith(x,${end}))`, ends);
      await cell(`${path.replace('/any', '')}/$count eq 0`, empty, ['nobody']);
      return;
    }
    await cell(`${path} eq ${value}`, equal);
    await cell(`${path} in (${FLAGS.has(path) ? value : `'other',${value}`})`, equal);
    await cell(`startsWith(${path},${beginning})`, starts);
    await cell(`endsWith(${path},${end})`, ends);
    await cell(`contains(${path},'i')`, '-');
    await cell(`${path} eq null`, empty, ['nobody']);
  });

  test('§2.3 createdDateTime takes ge and le alone, with a moment that is not quoted', async () => {
    const cell = (filter: string, level: Level, found?: readonly string[]) =>
      expectCell(filter, level, isAdvanced, 'createdDateTime', found);
    await cell('createdDateTime le 2026-02-01T00:00:00Z', 'D');
    await cell('createdDateTime ge 2026-02-01T00:00:00Z', 'D', ['nobody']);
    await cell('createdDateTime le 2026-01-01T01:00:00+01:00', 'D');
    for (const operator of ['eq', 'gt', 'lt']) await cell(`createdDateTime ${operator} 2026-01-01T00:00:00Z`, '-');
    await cell('createdDateTime in (2026-01-01T00:00:00Z)', '-');
    await cell('createdDateTime eq null', '-');
    expect(errorOf(await ask("createdDateTime ge '2026-02-01T00:00:00Z'", isAdvanced))).toEqual({
      status: 400,
      code: 'BadRequest',
      message:
        "Invalid filter clause: A binary operator with incompatible types was detected. Found operand types 'Edm.DateTimeOffset' and 'Edm.String' for operator kind 'GreaterThanOrEqual'.",
    });
  });

  test('§2.3 identities are found by issuer and name together, and never in an advanced query', async () => {
    const cell = (filter: string, level: Level) => expectCell(filter, level, isAdvanced, 'identities');
    const [name, issuer] = ["i/issuerAssignedId eq 'MIXED7'", "i/issuer eq 'Facebook.com'"];
    await cell(`identities/any(i:${name} and ${issuer})`, 'P');
    await cell(`identities/any(i:${issuer} and ${name})`, 'P');
    await cell(`identities/any(i:${name})`, '-');
    await cell(`identities/any(i:${issuer})`, '-');
    await cell(`identities/any(i:${name} or ${issuer})`, '-');
    await cell(`identities/any(i:startsWith(i/issuerAssignedId,'M') and ${issuer})`, '-');
    await cell('identities/$count eq 0', '-');
  });

  test('§2.3 a list is compared through a lambda alone', async () => {
    for (const list of ['proxyAddresses', 'otherMails', 'imAddresses', 'businessPhones'])
      await expectCell(`${list} eq 'Mixed Case'`, '-', isAdvanced, list);
  });
});

test('§2.3 an extension that nobody has declared is a property that does not exist', async () => {
  for (const name of ['extension_00000000000000000000000000000002_badge', 'extzz1cd2ef_courses/title']) {
    const [first] = name.split('/');
    expect(errorOf(await client.advanced(`${where(`${name} eq 'x'`)}&$count=true`))).toEqual({
      status: 400,
      code: 'BadRequest',
      message: `Invalid filter clause: Could not find a property named '${first}' on type 'microsoft.graph.user'.`,
    });
    expect((await client.get(`/users?$select=${first}`)).status).toBe(400);
    expect((await client.patch(`/users/${FULL['id']}`, { [first!]: 'x' })).status).toBe(400);
  }
});

test('§2.3 extensions are selected, changed and cleared by name', async () => {
  const name = 'extension_00000000000000000000000000000001_badge';
  const user = '/users/nobody@contoso.com';
  const read = async () => (await client.get(`${user}?$select=${name},extab1cd2ef_courses,identities`)).body;
  expect(await read()).toMatchObject({ [name]: null, extab1cd2ef_courses: null, identities: [] });
  expect((await client.patch(user, { [name]: 'Seven' })).status).toBe(204);
  expect(await read()).toMatchObject({ [name]: 'Seven' });
  expect(names(await client.get(where(`${name} eq 'SEVEN'`)))).toEqual(['nobody']);
  expect(names(await client.advanced(`${where(`${name} ne 'SEVEN'`)}&$count=true`))).toEqual(['Mixed Case']);
  expect((await client.patch(user, { [name]: null })).status).toBe(204);
  expect(names(await client.get(where(`${name} eq 'SEVEN'`)))).toEqual([]);
});
