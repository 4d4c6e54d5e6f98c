// Puts a fresh access token on each attempt; asks for another, once, when the directory refuses it.
import type { TokenCredential } from '@azure/core-auth';
import type { PipelinePolicy } from '@azure/core-rest-pipeline';

/** A token is not used in its last minutes: a batch may take long. */
const RENEW_BEFORE_MS = 5 * 60_000;

export const isLoopback = (url: string): boolean =>
  /^(?:127(?:\.\d+){3}|localhost|\[::1\])$/.test(new URL(url).hostname);

export interface Tokens {
  /** `fresh` asks for a new one; `claims` answers a challenge of the directory. */
  get(options?: { fresh?: boolean; claims?: string }): Promise<string>;
}

/** Keeps the newest token until shortly before its end. Requests that come at once wait for one sign-in. */
export const tokensOf = (credential: TokenCredential, scope: string, now: () => number): Tokens => {
  let current: { token: string; expiresOnTimestamp: number } | undefined;
  let asking: Promise<string> | undefined;
  const ask = async (claims?: string): Promise<string> => {
    const token = await credential.getToken(scope, claims === undefined ? {} : { claims });
    if (!token) throw new Error('the sign-in gave no token');
    current = token;
    return token.token;
  };
  return {
    get: ({ fresh = false, claims } = {}) => {
      if (!fresh && current && current.expiresOnTimestamp - RENEW_BEFORE_MS > now())
        return Promise.resolve(current.token);
      asking ??= ask(claims).finally(() => {
        asking = undefined;
      });
      return asking;
    },
  };
};

/** Tokens travel over TLS only; the loopback interface is the one exception, for the local tenant. */
export const tokenPolicy = (tokens: Tokens): PipelinePolicy => ({
  name: 'token',
  sendRequest: async (request, next) => {
    if (!request.url.startsWith('https:') && !isLoopback(request.url)) {
      throw new Error(`no token is sent to ${new URL(request.url).origin}: it is not reached over TLS`);
    }
    request.headers.set('authorization', `Bearer ${await tokens.get()}`);
    const response = await next(request);
    if (response.status !== 401) return response;
    const claims = challengedClaims(response.headers.get('www-authenticate'));
    request.headers.set('authorization', `Bearer ${await tokens.get({ fresh: true, ...(claims && { claims }) })}`);
    return next(request);
  },
});

/** The claims that the directory asks for, decoded. Source: https://learn.microsoft.com/entra/identity-platform/claims-challenge */
const challengedClaims = (header: string | undefined): string | undefined => {
  const encoded = header && /insufficient_claims/.test(header) && /claims="([^"]+)"/.exec(header)?.[1];
  return encoded ? Buffer.from(encoded, 'base64').toString() : undefined;
};
