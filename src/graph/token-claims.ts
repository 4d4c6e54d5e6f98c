// What an access token says of itself. For diagnosis only: the directory alone decides what it allows.
// Source: https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
import type { Session } from '../model/directory.ts';

/** Reads the claims of a token without checking its signature, which is the directory's to do. */
export const sessionOf = (token: string): Session => {
  const claims = claimsOf(token);
  const text = (name: string) => (typeof claims[name] === 'string' ? claims[name] : '');
  const delegated = text('scp');
  const clientId = text('appid') || text('azp');
  return {
    kind: delegated ? 'user' : 'app',
    clientId,
    tenantId: text('tid'),
    permissions: delegated ? delegated.split(' ') : Array.isArray(claims['roles']) ? claims['roles'].map(String) : [],
    name: delegated ? text('upn') || text('preferred_username') || text('oid') : `application ${clientId}`,
  };
};

const claimsOf = (token: string): Record<string, unknown> => {
  try {
    return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
  } catch {
    // A token that cannot be read is used all the same; only less is known of it.
    return {};
  }
};
