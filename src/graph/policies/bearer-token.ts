// Puts the token on each request; after a 401, once more with a fresh one.
import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import { DirectoryError } from '../../model/errors.ts';
import { claimsIn } from '../claims.ts';
import { isLoopback } from '../loopback.ts';
import type { Tokens } from '../tokens.ts';
import { signalOf } from './signal.ts';

/** Errors: {@link DirectoryError} for an address that is neither https nor this machine: a token is not sent there. */
export const bearerToken = (tokens: Tokens): PipelinePolicy => ({
  name: 'bearerToken',
  sendRequest: async (request, next) => {
    const url = new URL(request.url);
    if (url.protocol !== 'https:' && !isLoopback(url)) throw notEncrypted(url);
    const token = await tokens.get(signalOf(request));
    request.headers.set('authorization', `Bearer ${token}`);
    const response = await next(request);
    if (response.status !== 401) return response;
    const fresh = await tokens.renew(token, claimsIn(response.headers.get('www-authenticate')), signalOf(request));
    // Where the sign-in has no other token to give, the same request would be refused again.
    if (fresh === token) return response;
    request.headers.set('authorization', `Bearer ${fresh}`);
    return next(request);
  },
});

const notEncrypted = (url: URL): DirectoryError =>
  new DirectoryError({
    status: 0,
    code: 'NotEncrypted',
    message: `${url.origin} is not encrypted, so no token is sent there`,
    remedy: 'Use an https address for the directory; plain http is for this machine only.',
  });
