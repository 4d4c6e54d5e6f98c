// A program of somebody else's: signs in with Microsoft's own library, unmodified, and makes one call of Graph. Runs as a
// process of its own, since certificate authorities (NODE_EXTRA_CA_CERTS) are read when a process starts.
import {
  ClientCertificateCredential,
  ClientSecretCredential,
  DeviceCodeCredential,
  InteractiveBrowserCredential,
  ManagedIdentityCredential,
  type TokenCredential,
  WorkloadIdentityCredential,
} from '@azure/identity';

export interface CredentialTask {
  readonly kind: 'secret' | 'certificate' | 'deviceCode' | 'browser' | 'workload' | 'managedIdentity';
  readonly graph: string;
  readonly authority: string;
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly certificateFile: string;
  readonly tokenFile: string;
}

/** The last line that it prints. */
export interface CredentialResult {
  readonly status: number;
  readonly claims: Readonly<Record<string, unknown>>;
}

const task: CredentialTask = JSON.parse(process.argv[2]!);
const { authority, tenantId, clientId, clientSecret, certificateFile, tokenFile } = task;
const options = { authorityHost: authority, disableInstanceDiscovery: true };

const CREDENTIALS: Readonly<Record<CredentialTask['kind'], () => TokenCredential>> = {
  secret: () => new ClientSecretCredential(tenantId, clientId, clientSecret, options),
  certificate: () => new ClientCertificateCredential(tenantId, clientId, certificateFile, options),
  deviceCode: () =>
    new DeviceCodeCredential({
      ...options,
      tenantId,
      clientId,
      userPromptCallback: ({ userCode, verificationUri }) => console.log(JSON.stringify({ userCode, verificationUri })),
    }),
  browser: () => new InteractiveBrowserCredential({ ...options, tenantId, clientId }),
  workload: () => new WorkloadIdentityCredential({ ...options, tenantId, clientId, tokenFilePath: tokenFile }),
  managedIdentity: () => new ManagedIdentityCredential(),
};

const scope = `${authority}/.default`;
const credential = CREDENTIALS[task.kind]();
const { token } = (await credential.getToken(scope))!;
// Asked again, the library answers from what it keeps: accounts and scopes fit together.
if ((await credential.getToken(scope))!.token !== token) throw new Error('the token was not kept');
const answer = await fetch(`${task.graph}/organization`, { headers: { authorization: `Bearer ${token}` } });
const claims = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString());
console.log(JSON.stringify({ status: answer.status, claims } satisfies CredentialResult));
process.exit();
