// What can go wrong with a web API, each defect with its code, in words, and with what to do about it.
import { type ServerPlace, SourceError } from '../../model/errors.ts';

export { addressText, firstWords, withoutThese } from '../../http/words.ts';

const AGAIN = 'Run the same command again; if it stays so, ask those who run the API.';

/** One sentence of remedy for each kind of defect; the codes are what scripts branch on. */
const REMEDIES = {
  unknownHost: 'Correct the address in rollcall.yaml, or check the name service and the proxy (HTTPS_PROXY, NO_PROXY).',
  unreachable: 'Check that the server runs, that the port is right, and that no firewall stands between.',
  proxyFailed: 'Check HTTPS_PROXY and NO_PROXY, and whether the proxy lets this address pass.',
  untrusted: "Name a file with the certificates (PEM) of the server's authority as caFile.",
  tlsFailed: 'Check that the server speaks TLS at this port, and whether it wants a clientCertificate.',
  badCertificates: 'Correct caFile; it names a file with certificates in PEM.',
  badClientCertificate:
    'Name a PEM file with certificate and private key as clientCertificate, and its password if it has one.',
  timeout: 'Run the same command again; if the server is just slow, raise timeLimits, or ask for smaller pages.',
  connectionLost: AGAIN,
  notHttp: 'Check the address and the port; what answers there does not speak HTTP.',
  redirected: 'Name the address that it leads to, if it is the right one; sign-in is never sent to another host.',
  signInRefused: 'Check what stands under signIn, and whether the account is locked or its secret has expired.',
  noPermission: 'Give the account that signs in the right to read the accounts.',
  notFound: 'Correct the address in rollcall.yaml.',
  tooManyRequests: 'Try again later, ask for larger pages, or raise longestWait.',
  unavailable: 'Try again later; if it stays so, ask those who run the API.',
  refused:
    'Compare the request with the documentation of the API; address, headers, body and paging stand in rollcall.yaml.',
  serverError: AGAIN,
  tooLarge:
    'Ask for smaller pages, or raise maxAnswerMiB; a REST API without pages is read as it comes with "format: jsonStream".',
  htmlPage: 'Often a page to sign in at: check the address and what stands under signIn.',
  wrongContentType: 'Check the address, and the format that the API is asked for.',
  compressed: 'Ask those who run the API why its answers are compressed though that is not asked for.',
  invalidEncoding: 'Ask those who run the API; its answers have to be in the encoding that they declare.',
  noToken: 'Check tokenUrl, clientId, secret and scope under signIn.',
} as const;

export type WebDefect = keyof typeof REMEDIES;

export const webError = (
  code: WebDefect,
  place: ServerPlace,
  message: string,
  cause?: unknown,
  remedy: string = REMEDIES[code],
): SourceError => new SourceError(code, place, message, remedy, cause === undefined ? undefined : { cause });
