// What Graph demands of a new user's attributes, checked before anything is sent.
// Source: https://learn.microsoft.com/graph/api/resources/user and …/api/user-post-users

/** Longest values, in characters. */
const LONGEST: Readonly<Record<string, number>> = {
  displayName: 256,
  mailNickname: 64,
  userPrincipalName: 113,
  givenName: 64,
  surname: 64,
  employeeId: 16,
  department: 64,
  companyName: 64,
  jobTitle: 128,
  officeLocation: 128,
  city: 128,
  country: 128,
  state: 128,
  streetAddress: 1024,
  postalCode: 40,
  otherMails: 250,
};
const LONGEST_EXTENSION = 1024;

const REQUIRED = ['displayName', 'userPrincipalName', 'mailNickname'];

const ALIAS = /^[A-Za-z0-9'._!#^~-]+$/;
const DOMAIN = /^[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)+$/;
const NICKNAME_REFUSED = /[\s@()\\[\]";:<>,]/;

export interface AttributeProblem {
  readonly code: 'missingAttribute' | 'invalidAttribute' | 'unverifiedDomain';
  readonly message: string;
}

/** The first thing that is wrong with the attributes of a user to be made, or undefined. */
export const attributeProblem = (
  attributes: Readonly<Record<string, string>>,
  verifiedDomains: readonly string[],
): AttributeProblem | undefined => {
  for (const name of REQUIRED) {
    if (!attributes[name])
      return { code: 'missingAttribute', message: `no ${name}: a column that its template names is empty` };
  }
  for (const [name, value] of Object.entries(attributes)) {
    const longest = LONGEST[name] ?? (name.startsWith('extensionAttribute') ? LONGEST_EXTENSION : undefined);
    if (longest !== undefined && value.length > longest) {
      return invalid(name, value, `it has ${value.length} characters; at most ${longest} are allowed`);
    }
  }
  return (
    principalNameProblem(attributes['userPrincipalName']!, verifiedDomains) ??
    nicknameProblem(attributes['mailNickname']!) ??
    mailProblem(attributes['mail']) ??
    immutableIdProblem(attributes['onPremisesImmutableId'])
  );
};

const principalNameProblem = (name: string, verifiedDomains: readonly string[]): AttributeProblem | undefined => {
  const at = name.lastIndexOf('@');
  if (at <= 0 || at === name.length - 1)
    return invalid('userPrincipalName', name, 'it is not of the form alias@domain');
  const [alias, domain] = [name.slice(0, at), name.slice(at + 1)];
  if (!ALIAS.test(alias))
    return invalid('userPrincipalName', name, "before the @ only A-Z a-z 0-9 ' . - _ ! # ^ ~ are allowed");
  if (alias.endsWith('.')) return invalid('userPrincipalName', name, 'a full stop may not stand before the @');
  if (alias.length > 64 || domain.length > 48)
    return invalid('userPrincipalName', name, 'at most 64 characters before the @ and 48 behind it');
  if (!DOMAIN.test(domain)) return invalid('userPrincipalName', name, `${domain} is not a domain name`);
  if (verifiedDomains.some((verified) => verified.toLowerCase() === domain.toLowerCase())) return undefined;
  return {
    code: 'unverifiedDomain',
    message: `${domain} is not a verified domain of the tenant, so ${name} cannot be a user principal name`,
  };
};

const nicknameProblem = (name: string): AttributeProblem | undefined =>
  NICKNAME_REFUSED.test(name)
    ? invalid('mailNickname', name, 'blanks and @ ( ) \\ [ ] " ; : < > , are not allowed')
    : undefined;

const mailProblem = (mail: string | undefined): AttributeProblem | undefined =>
  mail !== undefined && /[^\x21-\x7e]/.test(mail)
    ? invalid('mail', mail, 'blanks, accents and other scripts are not allowed')
    : undefined;

const immutableIdProblem = (id: string | undefined): AttributeProblem | undefined =>
  id !== undefined && /[$_]/.test(id) ? invalid('onPremisesImmutableId', id, '$ and _ are not allowed') : undefined;

const invalid = (name: string, value: string, why: string): AttributeProblem => ({
  code: 'invalidAttribute',
  message: `${name} "${value}" cannot be used: ${why}`,
});
