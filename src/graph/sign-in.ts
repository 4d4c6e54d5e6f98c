// The ways to sign in that administrators use. The library that knows them is heavy, so it is loaded when it is needed.
import type { TokenCredential } from '@azure/core-auth';
import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import type { Clock } from '../model/clock.ts';
import { systemClock } from '../model/clock.ts';
import { isMicrosoftAuthority } from '../model/clouds.ts';
import { UsageError } from '../model/errors.ts';
import type { DirectorySettings, SecretRef, SignIn } from '../model/settings.ts';
import { isLoopback } from './loopback.ts';
import { loopbackCredential } from './loopback-credential.ts';
import { trust } from './policies/trust.ts';
import { unreachedError } from './sign-in-error.ts';

type TenantSettings = Extract<DirectorySettings, { kind: 'tenant' }>;

export interface SignInSurroundings {
  /** Reads a secret from its place, now. */
  readonly readSecret: (ref: SecretRef) => Promise<string>;
  /** Shows a person what to do: where to enter which code. */
  readonly onMessage: (text: string) => void;
  readonly clock?: Clock;
}

/**
 * A credential for the configured way to sign in. Nothing is sent before it is asked for a token.
 *
 * Errors: UsageError for an authority that is neither https nor on this machine; whatever `readSecret` throws.
 * Source: https://learn.microsoft.com/javascript/api/@azure/identity
 */
export const credentialFor = async (
  settings: TenantSettings,
  { readSecret, onMessage, clock = systemClock }: SignInSurroundings,
): Promise<TokenCredential> => {
  const { tenant, authority, signIn, caFile } = settings;
  const address = new URL(authority);
  if (address.protocol !== 'https:') {
    if (!isLoopback(address) || signIn.kind !== 'clientSecret') throw notEncrypted(address, signIn);
    const { clientId } = signIn;
    return loopbackCredential({ authority, tenant, clientId, secret: await readSecret(signIn.secret), clock });
  }
  const noticing = noticeFailures();
  const credential = await libraryCredential(
    {
      tenantId: tenant,
      authorityHost: authority,
      // The library asks Microsoft whether it knows the authority; one that is not Microsoft's it would refuse.
      disableInstanceDiscovery: !isMicrosoftAuthority(authority),
      additionalPolicies: [trust(caFile), noticing.policy].map((policy) => ({ policy, position: 'perRetry' })),
    },
    signIn,
    { readSecret, onMessage },
  );
  return noticing.tellingOf(credential);
};

/** The library says that it found no address to sign in at, and not what the network said: that is kept here, and told. */
const noticeFailures = () => {
  let last: (Error & { readonly code?: string }) | undefined;
  const policy: PipelinePolicy = {
    name: 'noticeFailures',
    sendRequest: async (request, next) => {
      last = undefined;
      try {
        return await next(request);
      } catch (error) {
        last = error as Error;
        throw error;
      }
    },
  };
  const tellingOf = (credential: TokenCredential): TokenCredential => ({
    getToken: async (scopes, options) => {
      last = undefined;
      try {
        return await credential.getToken(scopes, options);
      } catch (error) {
        throw last === undefined || options?.abortSignal?.aborted ? error : unreachedError(last);
      }
    },
  });
  return { policy, tellingOf };
};

interface LibraryOptions {
  readonly tenantId: string;
  readonly authorityHost: string;
  readonly disableInstanceDiscovery: boolean;
  readonly additionalPolicies: { policy: PipelinePolicy; position: 'perRetry' }[];
}

const libraryCredential = async (
  options: LibraryOptions,
  signIn: SignIn,
  { readSecret, onMessage }: Pick<SignInSurroundings, 'readSecret' | 'onMessage'>,
): Promise<TokenCredential> => {
  const { tenantId } = options;
  const library = await import('@azure/identity');
  switch (signIn.kind) {
    case 'clientSecret':
      return new library.ClientSecretCredential(tenantId, signIn.clientId, await readSecret(signIn.secret), options);
    case 'certificate': {
      const certificatePassword = signIn.password === null ? undefined : await readSecret(signIn.password);
      return new library.ClientCertificateCredential(
        tenantId,
        signIn.clientId,
        { certificatePath: signIn.certificate, ...(certificatePassword !== undefined && { certificatePassword }) },
        options,
      );
    }
    case 'deviceCode':
      return new library.DeviceCodeCredential({
        ...options,
        ...ownClient(signIn.clientId),
        userPromptCallback: ({ message }) => onMessage(message),
      });
    case 'browser':
      onMessage('Sign in in the browser window that opens.');
      return new library.InteractiveBrowserCredential({ ...options, ...ownClient(signIn.clientId) });
    case 'azureCli':
      return new library.AzureCliCredential({ tenantId });
    case 'managedIdentity':
      return new library.ManagedIdentityCredential(ownClient(signIn.clientId));
    case 'workloadIdentity':
      return new library.WorkloadIdentityCredential({ ...options, ...ownClient(signIn.clientId) });
    default:
      return signIn satisfies never;
  }
};

const ownClient = (clientId: string | null): { clientId?: string } => (clientId === null ? {} : { clientId });

const notEncrypted = (address: URL, { kind }: SignIn): UsageError =>
  isLoopback(address)
    ? new UsageError(
        `signIn: ${kind} does not work with ${address.origin}, which is not encrypted.`,
        'Use signIn: clientSecret, or start the local tenant with --tls.',
      )
    : new UsageError(
        `The authority ${address.origin} is not encrypted, so no secret is sent there.`,
        'Use an https address as authority; plain http is for this machine only.',
      );
