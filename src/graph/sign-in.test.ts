import { expect, test } from 'vitest';
import { handClock } from '../../test/support/graph.ts';
import { json, serve } from '../../test/support/http.ts';
import { isMicrosoftAuthority } from '../model/clouds.ts';
import { DirectoryError } from '../model/errors.ts';
import type { SignIn } from '../model/settings.ts';
import { credentialFor } from './sign-in.ts';

const SECRET = 'marked+secret&1';
const clientSecret: SignIn = { kind: 'clientSecret', clientId: 'client', secret: { env: 'SECRET' } };
const surroundings = { readSecret: async () => SECRET, onMessage: () => {}, clock: handClock() };
const settings = (authority: string, signIn: SignIn = clientSecret) => ({
  kind: 'tenant' as const,
  tenant: 'contoso.com',
  graph: 'https://graph.example.com/v1.0',
  authority,
  signIn,
  caFile: null,
});

test('a tenant on this machine is signed in to over plain http', async () => {
  const server = await serve((_, response) =>
    json(response, 200, { token_type: 'Bearer', expires_in: 3599, access_token: 'a.b.c' }),
  );
  const credential = await credentialFor(settings(server.origin), surroundings);
  const token = await credential.getToken(`${server.origin}/.default`);
  expect(token).toEqual({ token: 'a.b.c', expiresOnTimestamp: surroundings.clock.now() + 3_599_000 });
  const { method, url, body } = server.heard[0]!;
  expect([method, url]).toEqual(['POST', '/contoso.com/oauth2/v2.0/token']);
  expect(Object.fromEntries(new URLSearchParams(body))).toEqual({
    grant_type: 'client_credentials',
    client_id: 'client',
    client_secret: SECRET,
    scope: `${server.origin}/.default`,
  });
});

test('a refused sign-in gives the code and the remedy, not the secret', async () => {
  const server = await serve((_, response) =>
    json(response, 401, {
      error: 'invalid_client',
      error_description: 'AADSTS7000222: The provided client secret keys are expired.\r\nTrace ID: 1',
      error_codes: [7000222],
    }),
  );
  const credential = await credentialFor(settings(server.origin), surroundings);
  const error = await credential.getToken('scope').catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(DirectoryError);
  expect((error as DirectoryError).failure).toMatchObject({ status: 401, code: 'AADSTS7000222' });
  expect((error as DirectoryError).remedy).toContain('has expired');
  expect(JSON.stringify(error) + String(error)).not.toContain(SECRET);
});

test('a token endpoint that is none, or is not there, is told as that', async () => {
  const page = await serve((_, response) => response.end('<html>'));
  const none = await credentialFor(settings(page.origin), surroundings);
  await expect(none.getToken('scope')).rejects.toThrow('not as a token endpoint does');
  const gone = await credentialFor(settings('http://127.0.0.1:1'), surroundings);
  await expect(gone.getToken('scope')).rejects.toMatchObject({ failure: { status: 0 } });
});

test('a secret goes unencrypted to this machine only', async () => {
  let wasRead = false;
  const readSecret = async () => {
    wasRead = true;
    return SECRET;
  };
  for (const authority of ['http://login.example.com', 'http://127.0.0.1.example.com', 'http://192.168.1.2:8787'])
    await expect(credentialFor(settings(authority), { ...surroundings, readSecret })).rejects.toThrow('not encrypted');
  expect(wasRead).toBe(false);
});

test('other ways to sign in need TLS, on this machine too', async () => {
  const deviceCode = settings('http://127.0.0.1:8787', { kind: 'deviceCode', clientId: null });
  await expect(credentialFor(deviceCode, surroundings)).rejects.toThrow('does not work with');
});

test.each([
  clientSecret,
  { kind: 'deviceCode', clientId: 'client' },
  { kind: 'browser', clientId: null },
  { kind: 'azureCli' },
  { kind: 'managedIdentity', clientId: null },
  { kind: 'managedIdentity', clientId: 'client' },
] satisfies SignIn[])('$kind is made without sending anything', async (signIn) => {
  const credential = await credentialFor(settings('https://login.microsoftonline.com', signIn), surroundings);
  expect(credential.getToken).toBeTypeOf('function');
});

test('Microsoft knows its own authorities, and no others', () => {
  expect(isMicrosoftAuthority('https://login.microsoftonline.us/')).toBe(true);
  expect(isMicrosoftAuthority('https://login.microsoftonline.com.example.com')).toBe(false);
  expect(isMicrosoftAuthority('http://login.microsoftonline.com')).toBe(false);
});
