// Signs in to a tenant on this machine over plain http, which the sign-in library refuses to do.
import type { AccessToken, GetTokenOptions, TokenCredential } from '@azure/core-auth';
import type { Clock } from '../model/clock.ts';
import { isRecord } from './call.ts';
import { describedError } from './sign-in-error.ts';

export interface LoopbackSignIn {
  readonly authority: string;
  readonly tenant: string;
  readonly clientId: string;
  readonly secret: string;
  readonly clock: Clock;
}

/**
 * Client credentials with a secret. It fetches a token each time that it is asked: keeping one is the connection's task.
 *
 * Errors: DirectoryError with the code that the token endpoint gave; the secret is no part of it.
 * Source: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
 */
export const loopbackCredential = (signIn: LoopbackSignIn): TokenCredential => ({
  getToken: async (scopes: string | string[], options?: GetTokenOptions): Promise<AccessToken> => {
    const { authority, tenant, clientId, secret, clock } = signIn;
    const { status, text } = await post(`${authority}/${encodeURIComponent(tenant)}/oauth2/v2.0/token`, options, {
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: secret,
      scope: [scopes].flat().join(' '),
      ...(options?.claims !== undefined && { claims: options.claims }),
    });
    const body = parsed(text);
    if (status === 200 && typeof body['access_token'] === 'string')
      return {
        token: body['access_token'],
        expiresOnTimestamp: clock.now() + Number(body['expires_in'] ?? 0) * 1000,
      };
    const description = body['error_description'] ?? body['error'];
    throw describedError(
      typeof description === 'string' ? description : `${authority} answered ${status}, not as a token endpoint does`,
      status,
    );
  },
});

const post = async (url: string, options: GetTokenOptions | undefined, form: Record<string, string>) => {
  try {
    const signal = options?.abortSignal as AbortSignal | undefined;
    const response = await fetch(url, {
      method: 'POST',
      body: new URLSearchParams(form),
      redirect: 'error',
      ...(signal && { signal }),
    });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    const { message, cause } = error as Error;
    throw describedError(
      `${new URL(url).origin} did not answer: ${cause instanceof Error ? cause.message : message}`,
      0,
    );
  }
};

const parsed = (text: string): Readonly<Record<string, unknown>> => {
  try {
    const body: unknown = JSON.parse(text);
    return isRecord(body) ? body : {};
  } catch {
    // The caller tells that this was no answer of a token endpoint.
    return {};
  }
};
