// What a sign-in said when it failed, and what to do about it.
import { DirectoryError } from '../model/errors.ts';
import { isDistrust } from './repeats.ts';

/**
 * By the number in the description, since descriptions change.
 * Source: https://learn.microsoft.com/entra/identity-platform/reference-error-codes
 */
const REMEDIES: Readonly<Record<string, string>> = {
  '7000215': 'The client secret is wrong: use the value of the secret, not its id, and check where it is read from.',
  '7000222': 'The client secret has expired: add a new one to the app registration, or sign in with a certificate.',
  '700016': 'The tenant does not know this client id: check clientId and tenant, or have an administrator consent.',
  '700027': 'The app registration does not know this certificate: upload its public part there.',
  '700211': 'No federated credential of the app registration has this issuer: add or correct it.',
  '700213': 'No federated credential of the app registration has this subject: add or correct it.',
  '70021': 'No federated credential matches yet: a new one takes some minutes; then check issuer and subject.',
  '90002': 'There is no such tenant: check tenant and cloud.',
  '500011': 'The tenant has no Microsoft Graph under this address: check the cloud.',
  '65001': 'Nobody has consented yet: have an administrator grant admin consent to the app registration.',
  '50076': 'The account must confirm its sign-in by a second factor: sign in with deviceCode or browser.',
  '50079': 'The account must set up a second factor first: sign in once in a browser.',
  '50105': 'The account is not assigned to the app registration that it signs in to: have it assigned.',
  '50126': 'The user name or password is wrong.',
  '53003': 'A Conditional Access policy blocks this sign-in: ask an administrator which one.',
  '7000218': 'The app registration must allow public client flows for signing in with deviceCode or browser.',
};

const MACHINE_REMEDY =
  'Run it on a machine of Azure that has a managed identity, and check clientId if that is a user-assigned one; elsewhere, sign in another way.';

const GENERAL_REMEDY = 'Check signIn, tenant and clientId in the configuration, then run "rollcall doctor".';

/** A failure of a sign-in library, or of our own sign-in, as an error for people. Nothing secret is taken over. */
export const signInError = (error: unknown): DirectoryError => {
  if (error instanceof DirectoryError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return describedError(message, statusOf(error));
};

/** `description` is what the token endpoint said. Status 0: it did not answer. */
export const describedError = (description: string, status: number): DirectoryError => {
  const asksMachine = /ManagedIdentity|\/metadata\/identity|\bIMDS\b/i.test(description);
  const number = /AADSTS(\d+)/.exec(description)?.[1];
  return new DirectoryError({
    status: number === undefined ? status : status || 400,
    code: number === undefined ? 'SignInFailed' : `AADSTS${number}`,
    message: `signing in failed: ${essence(description)}`,
    request: asksMachine ? 'GET /metadata/identity/oauth2/token' : 'POST /{tenant}/oauth2/v2.0/token',
    remedy: (number && REMEDIES[number]) ?? (asksMachine ? MACHINE_REMEDY : GENERAL_REMEDY),
  });
};

/** The sign-in service could not be asked: what the network said, which the sign-in library keeps to itself. */
export const unreachedError = ({
  code,
  message,
}: {
  readonly code?: string;
  readonly message: string;
}): DirectoryError =>
  new DirectoryError({
    status: 0,
    code: code ?? 'SignInFailed',
    message: isDistrust(code)
      ? `signing in failed: the certificate of the sign-in service is not trusted (${code})`
      : `signing in failed: the sign-in service could not be reached (${message})`,
    request: 'POST /{tenant}/oauth2/v2.0/token',
    remedy: isDistrust(code)
      ? 'Name a file with the certificate authority of the sign-in service, or of the proxy before it, as "caFile".'
      : 'Check the network, the proxy and the address of the sign-in service, then run again.',
  });

/** The sentence that begins with the number, where there is one; the lines after it hold trace ids. */
const essence = (description: string): string => {
  const start = description.indexOf('AADSTS');
  const lines = description.slice(Math.max(0, start)).split(/\r?\n| Trace ID:/);
  return (lines.find((line) => line.trim() !== '') ?? '').trim();
};

const NETWORK_CODES = /\b(ECONN\w+|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|REQUEST_SEND_ERROR)\b/;

// A refusal has a status of its own; a failure without one is a sign-in that could not be tried, unless the network failed.
const statusOf = (error: unknown): number => {
  const { statusCode, code, message } = error as { statusCode?: unknown; code?: unknown; message?: unknown };
  if (typeof statusCode === 'number') return statusCode;
  return NETWORK_CODES.test(`${code} ${message}`) ? 0 : 401;
};
