// A stand-in for the instance metadata service, where a program on a machine of Azure gets tokens of its managed identity.
import { type Answer, json } from './answer.ts';
import type { Authority } from './token-endpoint.ts';

export const METADATA_PATH = '/metadata/identity/oauth2/token';
const API_VERSIONS = ['2018-02-01', '2019-08-01', '2021-02-01'];

/** Source: https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token */
export const answerMetadata = (
  authority: Authority,
  query: URLSearchParams,
  metadataHeader: string | undefined,
): Answer => {
  const refused = (error: string, description: string) => json(400, { error, error_description: description });
  if (metadataHeader !== 'true') return refused('bad_request_102', 'Required metadata header not specified');
  if (!API_VERSIONS.includes(query.get('api-version') ?? ''))
    return refused('bad_request_101', 'The api-version is missing or not supported');
  const { tokens, audience, clientId, now } = authority;
  const resource = query.get('resource');
  if (resource?.replace(/\/$/, '') !== audience()) {
    const message = `AADSTS50001: The application named ${resource ?? ''} was not found in the tenant named ${authority.tenantId}.`;
    return refused('invalid_resource', message);
  }
  const asked = query.get('client_id') ?? query.get('object_id') ?? query.get('msi_res_id');
  if (asked !== null && asked !== clientId) return refused('invalid_request', 'Identity not found');
  const seconds = Math.floor(now() / 1000);
  return json(200, {
    access_token: tokens.forApplication('2'),
    refresh_token: '',
    expires_in: String(tokens.lifetimeS),
    expires_on: String(seconds + tokens.lifetimeS),
    not_before: String(seconds),
    resource,
    token_type: 'Bearer',
  });
};
