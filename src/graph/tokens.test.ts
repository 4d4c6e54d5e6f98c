import { expect, test } from 'vitest';
import { handClock } from '../../test/support/graph.ts';
import { DirectoryError } from '../model/errors.ts';
import { createTokens } from './tokens.ts';

const MINUTE = 60_000;

const counting = (clock: { now(): number }, lifetimeMs: number) => {
  const given: string[] = [];
  return {
    given,
    getToken: async () => {
      const token = `token ${given.length + 1}`;
      given.push(token);
      return { token, expiresOnTimestamp: clock.now() + lifetimeMs };
    },
  };
};

test('requests that need a token at once sign in once', async () => {
  const clock = handClock();
  const credential = counting(clock, 60 * MINUTE);
  const tokens = createTokens(credential, 'scope', clock);
  expect(await Promise.all([tokens.get(), tokens.get(), tokens.get()])).toEqual(['token 1', 'token 1', 'token 1']);
  expect(credential.given).toHaveLength(1);
});

test('a token is renewed five minutes before its end', async () => {
  const clock = handClock();
  const tokens = createTokens(counting(clock, 60 * MINUTE), 'scope', clock);
  await tokens.get();
  await clock.sleep(54 * MINUTE);
  expect(await tokens.get()).toBe('token 1');
  await clock.sleep(2 * MINUTE);
  expect(await tokens.get()).toBe('token 2');
});

test('a token that lives for less than that is used for half of its time', async () => {
  const clock = handClock();
  const tokens = createTokens(counting(clock, 2 * MINUTE), 'scope', clock);
  await tokens.get();
  await clock.sleep(0.9 * MINUTE);
  expect(await tokens.get()).toBe('token 1');
  await clock.sleep(0.2 * MINUTE);
  expect(await tokens.get()).toBe('token 2');
});

test('a token that another request has renewed already is not renewed again', async () => {
  const clock = handClock();
  const tokens = createTokens(counting(clock, 60 * MINUTE), 'scope', clock);
  const refused = await tokens.get();
  const renewed = await Promise.all([tokens.renew(refused, undefined), tokens.renew(refused, undefined)]);
  expect(renewed).toEqual(['token 2', 'token 2']);
  expect(await tokens.renew(refused, undefined)).toBe('token 2');
});

test('stopping does not wait for a person to sign in', async () => {
  const tokens = createTokens({ getToken: () => new Promise(() => {}) }, 'scope', handClock());
  const stop = new AbortController();
  const waiting = tokens.get(stop.signal);
  stop.abort(new Error('stopped'));
  await expect(waiting).rejects.toThrow('stopped');
});

test('a refused sign-in says the code and what to do', async () => {
  const refusal = Object.assign(
    new Error(
      'invalid_client Status code: 401\nMore details:\nAADSTS7000215: Invalid client secret provided. Trace ID: 1 Correlation ID: 2',
    ),
    { statusCode: 401 },
  );
  const tokens = createTokens({ getToken: () => Promise.reject(refusal) }, 'scope', handClock());
  const error = await tokens.get().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(DirectoryError);
  const { failure, remedy } = error as DirectoryError;
  expect(failure).toMatchObject({ status: 401, code: 'AADSTS7000215' });
  expect(failure.message).toBe('signing in failed: AADSTS7000215: Invalid client secret provided.');
  expect(remedy).toMatch(/^The client secret is wrong/);
});

test('a sign-in that could not be reached counts as no answer', async () => {
  const lost = new Error('network_error: getaddrinfo ENOTFOUND login.example.com');
  const tokens = createTokens({ getToken: () => Promise.reject(lost) }, 'scope', handClock());
  await expect(tokens.get()).rejects.toMatchObject({ failure: { status: 0, code: 'SignInFailed' } });
});
