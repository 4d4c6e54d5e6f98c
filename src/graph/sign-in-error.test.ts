import { expect, test } from 'vitest';
import { signInError } from './sign-in-error.ts';

test('a sign-in that asks the machine names the machine’s own endpoint', () => {
  const message = 'ManagedIdentityCredential: Authentication failed. Message: the IMDS endpoint is not available';
  expect(signInError(new Error(message)).failure).toMatchObject({
    request: 'GET /metadata/identity/oauth2/token',
    remedy: expect.stringContaining('managed identity'),
  });
});

test('any other names the token endpoint, and what its number means', () => {
  const error = signInError(new Error('invalid_client: AADSTS7000215: Invalid client secret provided. Trace ID: 1'));
  expect(error.failure).toMatchObject({ code: 'AADSTS7000215', request: 'POST /{tenant}/oauth2/v2.0/token' });
  expect(error.failure.remedy).toMatch(/client secret is wrong/);
});
