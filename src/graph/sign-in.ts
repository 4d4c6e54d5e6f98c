// The ways to sign in. The library that knows them all is heavy, and is loaded when one of them is used.
import type { AccessToken, TokenCredential } from '@azure/core-auth';
import { RollcallError } from '../model/errors.ts';
import type { DirectorySettings, SecretRef } from '../model/settings.ts';
import { isLoopback } from './policies/token.ts';

export interface SignInHelp {
  readonly readSecret: (ref: SecretRef) => Promise<string>;
  /** Shown to the person who signs in: where to go, and the code to type. */
  readonly onMessage: (text: string) => void;
}

type Remote = DirectorySettings & { readonly kind: 'tenant' };

/** Makes the credential that the settings name. Errors name the way to sign in, never a secret. */
export const credentialFor = async (
  settings: Remote,
  { readSecret, onMessage }: SignInHelp,
): Promise<TokenCredential> => {
  const { tenant, authority, signIn } = settings;
  if (signIn.kind === 'clientSecret' && authority.startsWith('http:') && isLoopback(authority)) {
    return plainCredential(settings, signIn.clientId, () => readSecret(signIn.secret));
  }
  const identity = await import('@azure/identity');
  const common = { authorityHost: authority, ...(isKnownCloud(authority) ? {} : { disableInstanceDiscovery: true }) };
  switch (signIn.kind) {
    case 'clientSecret':
      return new identity.ClientSecretCredential(tenant, signIn.clientId, await readSecret(signIn.secret), common);
    case 'certificate': {
      const password = signIn.password && (await readSecret(signIn.password));
      const certificate = { certificatePath: signIn.certificate, ...(password && { certificatePassword: password }) };
      return new identity.ClientCertificateCredential(tenant, signIn.clientId, certificate, common);
    }
    case 'deviceCode':
      return new identity.DeviceCodeCredential({
        ...common,
        tenantId: tenant,
        ...(signIn.clientId !== null && { clientId: signIn.clientId }),
        userPromptCallback: ({ message }) => onMessage(message),
      });
    case 'browser':
      return new identity.InteractiveBrowserCredential({
        ...common,
        tenantId: tenant,
        ...(signIn.clientId !== null && { clientId: signIn.clientId }),
      });
    case 'azureCli':
      return new identity.AzureCliCredential({ tenantId: tenant });
    case 'managedIdentity':
      return signIn.clientId === null
        ? new identity.ManagedIdentityCredential()
        : new identity.ManagedIdentityCredential({ clientId: signIn.clientId });
    case 'workloadIdentity':
      return new identity.WorkloadIdentityCredential({
        ...common,
        tenantId: tenant,
        ...(signIn.clientId !== null && { clientId: signIn.clientId }),
      });
    default:
      return signIn satisfies never;
  }
};

/** Login hosts that the library can look up itself. */
const isKnownCloud = (authority: string): boolean =>
  /^https:\/\/login\.(?:microsoftonline\.(?:com|us)|partner\.microsoftonline\.cn|chinacloudapi\.cn)(?:\/|$)/.test(
    authority,
  );

interface TokenAnswer {
  readonly access_token?: string;
  readonly expires_in?: number | string;
  readonly error?: string;
  readonly error_description?: string;
}

/**
 * Client credentials over plain HTTP on the loopback interface, which the library refuses: for a local tenant that
 * was started without TLS. Source: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
 */
const plainCredential = (settings: Remote, clientId: string, secret: () => Promise<string>): TokenCredential => ({
  getToken: async (scopes): Promise<AccessToken> => {
    const url = `${settings.authority.replace(/\/+$/, '')}/${settings.tenant}/oauth2/v2.0/token`;
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: await secret(),
      scope: [scopes].flat().join(' '),
    });
    const answer = await fetch(url, { method: 'POST', body: form }).catch((error: unknown) => {
      throw new RollcallError(
        `The directory at ${settings.authority} does not answer: ${(error as Error).message}.`,
        'Check that the local tenant is running and that the file named with --directory is its newest.',
      );
    });
    const body = (await answer.json()) as TokenAnswer;
    if (body.access_token) {
      return { token: body.access_token, expiresOnTimestamp: Date.now() + Number(body.expires_in) * 1000 };
    }
    throw new RollcallError(
      `The sign-in of ${clientId} was refused: ${body.error_description ?? body.error ?? answer.status}.`,
      'Check the client id and the secret, and that the tenant is the right one.',
    );
  },
});
