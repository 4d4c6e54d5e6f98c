// What may be written to a user, and what is refused. Source: https://learn.microsoft.com/graph/api/resources/user
import { badRequest } from './errors.ts';
import { extensionAttribute, USER_ATTRIBUTES } from './user-attributes.ts';

type Body = Readonly<Record<string, unknown>>;

const REQUIRED = ['accountEnabled', 'displayName', 'mailNickname', 'userPrincipalName', 'passwordProfile'];
/** Whoever signs in elsewhere has no password here, and an anchor that the other side knows. */
const REQUIRED_OF_FEDERATED = REQUIRED.map((name) => (name === 'passwordProfile' ? 'onPremisesImmutableId' : name));
const ALIAS = /^[A-Za-z0-9'._!#^~-]+$/;
const NICKNAME_REFUSED = /[\s@()\\[\]";:<>,]/;
/** No accents, and no blanks. */
export const MAIL = /^[\x21-\x3f\x41-\x7e]+@[\x21-\x3f\x41-\x7e]+$/;
const EXTENSION = /^extensionAttribute(?:[1-9]|1[0-5])$/;

export const missing = (property: string, resource: string) =>
  badRequest(`A value is required for property '${property}' of resource '${resource}'.`);

const invalid = (property: string) =>
  badRequest(`Invalid value specified for property '${property}' of resource 'User'.`);

/** The tenant's verified domains, and those of them whose users another identity provider signs in. */
export interface Domains {
  readonly domains: readonly string[];
  readonly federatedDomains: readonly string[];
}

/** Checks a new user's properties. */
export const checkNewUser = (body: Body, domains: Domains): void => {
  for (const property of isFederated(body, domains) ? REQUIRED_OF_FEDERATED : REQUIRED)
    if (body[property] === undefined || body[property] === null) throw missing(property, 'User');
  checkProperties(body);
  if (body['passwordProfile'] !== undefined) checkPassword(body['passwordProfile']);
  checkPrincipalName(String(body['userPrincipalName']), domains.domains);
};

const isFederated = ({ userPrincipalName: name }: Body, { federatedDomains }: Domains): boolean =>
  typeof name === 'string' && federatedDomains.includes(name.split('@')[1]?.toLowerCase() ?? '');

/** Checks the properties of a change. A null clears a property, where it can be cleared. */
export const checkUserChange = (body: Body, { domains }: Domains, isSynchronized: boolean): void => {
  for (const property of REQUIRED) if (body[property] === null) throw invalid(property);
  if (isSynchronized && Object.keys(body).some((name) => name !== 'usageLocation' && name !== 'otherMails')) {
    throw badRequest(
      'Unable to update the specified properties for on-premises mastered Directory Sync objects or objects currently undergoing migration.',
    );
  }
  checkProperties(body);
  const profile = body['passwordProfile'] as Body | undefined;
  // Without a password in it, it only says whether the password is to be changed.
  if (profile !== undefined && profile['password'] !== undefined) checkPassword(profile);
  if (body['userPrincipalName'] !== undefined) checkPrincipalName(String(body['userPrincipalName']), domains);
};

const checkProperties = (body: Body): void => {
  for (const [name, value] of Object.entries(body)) {
    const attribute = USER_ATTRIBUTES[name] ?? extensionAttribute(name);
    if (!attribute || name.includes('/')) {
      throw badRequest(`Property '${name}' does not exist as a declared property or extension property.`);
    }
    if (attribute.isReadOnly) throw badRequest(`Property '${name}' is read-only and cannot be set.`);
    if (value === null) continue;
    if (name === 'onPremisesExtensionAttributes') checkExtensions(value);
    else if (!isOfType(value, attribute.type) || value === '') throw invalid(name);
    if (attribute.longest !== undefined && String(value).length > attribute.longest) throw invalid(name);
  }
  const nickname = body['mailNickname'];
  if (typeof nickname === 'string' && NICKNAME_REFUSED.test(nickname)) throw invalid('mailNickname');
  if (typeof body['mail'] === 'string' && !MAIL.test(body['mail'])) throw invalid('mail');
  const anchor = body['onPremisesImmutableId'];
  if (typeof anchor === 'string' && /[$_]/.test(anchor)) throw invalid('onPremisesImmutableId');
  const userType = body['userType'];
  if (typeof userType === 'string' && userType !== 'Member' && userType !== 'Guest') throw invalid('userType');
  const mails = body['otherMails'];
  if (Array.isArray(mails) && (mails.length > 250 || mails.some((mail) => String(mail).length > 250)))
    throw invalid('otherMails');
};

const isOfType = (value: unknown, type: string): boolean => {
  if (type === 'boolean') return typeof value === 'boolean';
  if (type === 'texts') return Array.isArray(value) && value.every((item) => typeof item === 'string');
  if (type === 'object') return typeof value === 'object' && !Array.isArray(value);
  if (type === 'objects')
    return Array.isArray(value) && value.every((item) => typeof item === 'object' && item !== null);
  if (type === 'date') return typeof value === 'string' && !Number.isNaN(Date.parse(value));
  return typeof value === 'string';
};

const checkExtensions = (value: unknown): void => {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid('onPremisesExtensionAttributes');
  for (const [name, text] of Object.entries(value)) {
    if (!EXTENSION.test(name))
      throw badRequest(`Property '${name}' does not exist as a declared property or extension property.`);
    if (text !== null && (typeof text !== 'string' || text.length > 1024)) throw invalid(name);
  }
};

/** Checks a name's form and domain. */
export const checkPrincipalName = (name: string, domains: readonly string[]): void => {
  const [alias = '', domain = '', ...more] = name.split('@');
  const isWellFormed =
    ALIAS.test(alias) && !alias.endsWith('.') && alias.length <= 64 && domain.length <= 48 && domain !== '';
  if (!isWellFormed || more.length > 0 || name.length > 113) throw invalid('userPrincipalName');
  if (!domains.some((verified) => verified.toLowerCase() === domain.toLowerCase())) {
    throw badRequest(
      'The domain portion of the userPrincipalName property is invalid. You must use one of the verified domain names in your organization.',
    );
  }
};

const ALLOWED_IN_PASSWORD = /^[\x20-\x7e]+$/;

/** Checks a password's complexity, and forgets it. */
const checkPassword = (profile: unknown): void => {
  const password = typeof profile === 'object' && profile !== null ? (profile as Body)['password'] : undefined;
  if (typeof password !== 'string') throw missing('password', 'User');
  const categories = [/[a-z]/, /[A-Z]/, /[0-9]/, /[^A-Za-z0-9]/].filter((one) => one.test(password)).length;
  if (password.length < 8 || password.length > 256 || categories < 3 || !ALLOWED_IN_PASSWORD.test(password)) {
    throw badRequest(
      'The specified password does not comply with password complexity requirements. Please provide a different password.',
    );
  }
};
