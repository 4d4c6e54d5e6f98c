// What is sent to a SOAP service: the envelope, with what it is signed in by.
import { createHash, randomBytes } from 'node:crypto';
import type { SoapSettings } from '../../model/web-settings.ts';
import { escapeXml } from './xml.ts';

export const ENVELOPES = {
  '1.1': 'http://schemas.xmlsoap.org/soap/envelope/',
  '1.2': 'http://www.w3.org/2003/05/soap-envelope',
} as const;

export type SoapVersion = keyof typeof ENVELOPES;

const WSSE = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd';
const WSU = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd';
const TOKEN = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0';
const BASE64 = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary';
/** A message that is on its way for longer is not accepted. */
const VALID_MS = 5 * 60_000;

export interface Sent {
  readonly version: SoapVersion;
  readonly namespaces: Readonly<Record<string, string>>;
  readonly header: string;
  readonly body: string;
}

/** Prefixes of the configuration are declared for the whole envelope. */
export const envelope = ({ version, namespaces, header, body }: Sent): string => {
  const declared = Object.entries(namespaces).map(([prefix, uri]) => ` xmlns:${prefix}="${escapeXml(uri)}"`);
  const own = namespaces['soap'] === undefined ? 'soap' : 'soapEnvelope';
  const head = header === '' ? '' : `<${own}:Header>${header}</${own}:Header>`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${own}:Envelope xmlns:${own}="${ENVELOPES[version]}"${declared.join('')}>${head}<${own}:Body>${body}</${own}:Body></${own}:Envelope>`;
};

/** `{name}` in a template becomes the value of that name, as text; braces around anything else stay. */
export const filled = (template: string, values: ReadonlyMap<string, string>): string =>
  template.replace(/\{([A-Za-z][\w-]*)\}/g, (whole, name: string) => {
    const value = values.get(name);
    return value === undefined ? whole : escapeXml(value);
  });

/**
 * WS-Security's user name token, new for each message.
 * Source: https://docs.oasis-open.org/wss/v1.1/wss-v1.1-spec-os-UsernameTokenProfile.pdf
 */
export const userNameToken = (
  { user, as, timestamp }: Pick<NonNullable<SoapSettings['security']>, 'user' | 'as' | 'timestamp'>,
  password: string,
  version: SoapVersion,
  now = new Date(),
  nonce: Buffer = randomBytes(16),
): string => {
  const created = now.toISOString();
  const digest = createHash('sha1').update(nonce).update(created).update(password).digest('base64');
  const shown = as === 'digest' ? digest : escapeXml(password);
  const times = timestamp
    ? `<wsu:Timestamp><wsu:Created>${created}</wsu:Created><wsu:Expires>${new Date(now.getTime() + VALID_MS).toISOString()}</wsu:Expires></wsu:Timestamp>`
    : '';
  const type = `${TOKEN}#${as === 'digest' ? 'PasswordDigest' : 'PasswordText'}`;
  return [
    `<wsse:Security xmlns:wsse="${WSSE}" xmlns:wsu="${WSU}" xmlns:must="${ENVELOPES[version]}" must:mustUnderstand="1">`,
    times,
    `<wsse:UsernameToken><wsse:Username>${escapeXml(user)}</wsse:Username>`,
    `<wsse:Password Type="${type}">${shown}</wsse:Password>`,
    `<wsse:Nonce EncodingType="${BASE64}">${nonce.toString('base64')}</wsse:Nonce>`,
    `<wsu:Created>${created}</wsu:Created></wsse:UsernameToken></wsse:Security>`,
  ].join('');
};
