// /me: the address that each signed-in user's own object has besides the others.
import { malformed } from './errors.ts';
import type { GraphRequest } from './request.ts';

const ME = /^\/me(?=\/|$)/;

/** The request under the user's id. Throws Graph's 400 where no user is signed in. */
export const underOwnId = (request: GraphRequest): GraphRequest => {
  if (!ME.test(request.path)) return request;
  const { scp, oid } = request.claims;
  if (scp === undefined) throw malformed('/me request is only valid with delegated authentication flow.');
  return { ...request, path: request.path.replace(ME, `/users/${oid}`) };
};
