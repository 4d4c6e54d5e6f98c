// Accounts come from a web API: looked at, configured, matched and assigned; and nothing of its sign-in is left anywhere.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { json, serve } from '../support/http.ts';
import { change, emptyWorld, readAll } from './support/world.ts';

const SECRET = 'kept-nowhere-4711';
const person = (name: string) => ({
  accountEnabled: true,
  displayName: name,
  mailNickname: name,
  userPrincipalName: `${name}@contoso.com`,
  passwordProfile: { password: 'trial-Pass-1' },
});

/** A server with two users, one of them in two groups, that takes a token which it gives for the secret. */
const scimServer = () =>
  serve(({ url, headers, body }, response) => {
    if (url === '/token') {
      const known = headers.authorization === `Basic ${Buffer.from(`rollcall:${SECRET}`).toString('base64')}`;
      const granted = known && body.includes('client_credentials');
      return json(
        response,
        granted ? 200 : 401,
        granted ? { access_token: `${SECRET}-token` } : { error: 'invalid_client' },
      );
    }
    if (headers.authorization !== `Bearer ${SECRET}-token`) {
      return json(response, 401, { detail: `not with ${headers.authorization}`, status: '401' });
    }
    const user = (id: string, ...groups: string[]) => ({
      id,
      userName: `${id}@contoso.com`,
      displayName: `Person ${id}`,
      groups: groups.map((display) => ({ value: display, display })),
    });
    return json(response, 200, {
      totalResults: 2,
      Resources: [user('ana', 'Planner', 'Viewer'), user('bo', 'Viewer')],
    });
  });

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((file) => join(folder, file))
    .filter((file) => statSync(file).isFile());

test('users of a SCIM server get the roles of their groups, and its secret is kept nowhere', async () => {
  const { origin } = await scimServer();
  const source = (more: string) =>
    `scim:\n  address: ${origin}/scim\n  groups: { column: Role }\n${more}  signIn:\n    clientCredentials: { tokenUrl: "${origin}/token", clientId: rollcall, secret: { file: secret } }\n`;
  const world = await emptyWorld({ secret: SECRET, 'source.yaml': source('') }, 'web-apis');
  for (const name of ['ana', 'bo']) await change(world.tenant, 'POST', '/users', person(name));

  const told: string[] = [];
  const run = async (status: number, ...args: string[]) => {
    const ended = await world.rollcall(...args);
    told.push(ended.out, ended.err);
    expect({ ...ended, status }).toEqual(ended);
    return ended;
  };
  await run(0, 'init', '--source', 'source.yaml', '--application', 'HR');
  const written = readFileSync(join(world.folder, 'rollcall.yaml'), 'utf8');
  expect(written).toContain('userName: userName');
  writeFileSync(
    join(world.folder, 'rollcall.yaml'),
    `application: HR\ndirectory: local\nsource:\n${source('  columns: { Login: userName }\n').replace(/^(?=.)/gm, '  ')}match: [{ column: Login, attribute: userPrincipalName }]\nroles: { column: Role }\n`,
  );
  await run(0, 'run', '--yes');
  const [application] = await readAll(world.tenant, "/servicePrincipals?$filter=displayName eq 'HR'");
  const assigned = await readAll(world.tenant, `/servicePrincipals/${application!['id']}/appRoleAssignedTo`);
  expect(assigned.map(({ principalDisplayName }) => principalDisplayName).sort()).toEqual(['ana', 'ana', 'bo']);

  writeFileSync(join(world.folder, 'secret'), `${SECRET}-of-old`);
  const refused = await run(1, 'collect');
  expect(refused.err).toMatch(/token: no token was given: status 401, invalid_client\nCheck tokenUrl/);
  for (const file of filesIn(world.folder)) {
    if (basename(file) !== 'secret')
      expect({ file, holds: readFileSync(file).includes(SECRET) }).toEqual({ file, holds: false });
  }
  expect(told.join()).not.toContain(SECRET);
});
