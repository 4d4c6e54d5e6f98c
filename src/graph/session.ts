// Who is signed in, read from the token.
import type { Session } from '../model/directory.ts';
import { DirectoryError } from '../model/errors.ts';
import { isRecord } from './call.ts';
import { textOf, textsOf } from './fields.ts';
import type { Tokens } from './tokens.ts';

/**
 * For diagnosis only: what the token really allows, Graph decides.
 *
 * Source: https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
 */
export const session = async (tokens: Tokens, signal?: AbortSignal): Promise<Session> => {
  const claims = claimsOf(await tokens.get(signal));
  const scopes = claims['scp'];
  const clientId = textOf(claims['appid'] ?? claims['azp']);
  const tenantId = textOf(claims['tid']);
  if (typeof scopes === 'string') {
    const name = textOf(claims['upn'] ?? claims['unique_name'] ?? claims['preferred_username'] ?? claims['oid']);
    const roleIds = Array.isArray(claims['wids']) ? textsOf(claims['wids']) : null;
    return { kind: 'user', clientId, tenantId, permissions: scopes.split(' ').filter(Boolean), roleIds, name };
  }
  const name = textOf(claims['app_displayname']) || `service principal ${textOf(claims['oid'])}`;
  return { kind: 'app', clientId, tenantId, permissions: textsOf(claims['roles']), roleIds: null, name };
};

const claimsOf = (token: string): Readonly<Record<string, unknown>> => {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
    if (isRecord(claims)) return claims;
  } catch {
    // Told below: what could not be read is a token, and no part of it may show in an error.
  }
  throw new DirectoryError({
    status: 0,
    code: 'OpaqueToken',
    message: 'the sign-in gave a token that does not say who is signed in',
    remedy: 'Check authority and graph in the configuration: they must belong to the same cloud.',
  });
};
