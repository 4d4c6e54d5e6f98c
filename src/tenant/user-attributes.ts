// The attributes of a user: their types, which come by default, and how they can be filtered.
// Source: https://learn.microsoft.com/graph/api/resources/user and …/aad-advanced-queries

/** `texts` and `objects` are lists. */
export type AttributeType = 'text' | 'boolean' | 'date' | 'texts' | 'object' | 'objects';

export interface UserAttribute {
  readonly type: AttributeType;
  /**
   * default: in any query; advanced: only in advanced ones; plain: only in those that are not advanced; none: never;
   * silent: answered with an empty list.
   */
  readonly filter: 'default' | 'advanced' | 'plain' | 'none' | 'silent';
  readonly startsWith?: 'default' | 'advanced';
  readonly endsWith?: true;
  /** Can be compared with null, or a list's `$count` with 0, in advanced queries. */
  readonly null?: true;
  /** Has no column of its own: queries find its values among those of lists. */
  readonly isListed?: true;
  readonly isReadOnly?: true;
  /** A property of the mailbox or of what lies around it, which a list never carries. */
  readonly isSingleOnly?: true;
  /** Longest value on write. */
  readonly longest?: number;
}

const text = (rest: Partial<UserAttribute> = {}): UserAttribute => ({ type: 'text', filter: 'none', ...rest });
/** Found by its value or its beginning in any query. */
const plain = (rest: Partial<UserAttribute> = {}): UserAttribute =>
  text({ filter: 'default', startsWith: 'default', ...rest });
/** Found, by whatever of it, in advanced queries alone. */
const advanced = (rest: Partial<UserAttribute> = {}): UserAttribute =>
  text({ filter: 'advanced', startsWith: 'advanced', null: true, ...rest });

const readOnly = (type: AttributeType): UserAttribute => ({ type, filter: 'none', isReadOnly: true });
const singleOnly = (type: AttributeType): UserAttribute => ({ ...readOnly(type), isSingleOnly: true });

const EXTENSIONS = Object.fromEntries(
  Array.from({ length: 15 }, (_, i) => [
    `onPremisesExtensionAttributes/extensionAttribute${i + 1}`,
    advanced({ longest: 1024 }),
  ]),
);

/** By name; the extension attributes by their path. Without a prototype, so that no name finds what is not in it. */
export const USER_ATTRIBUTES: Readonly<Record<string, UserAttribute>> = Object.assign(Object.create(null), {
  id: text({ filter: 'default', isReadOnly: true }),
  userPrincipalName: plain({ endsWith: true, longest: 113 }),
  mail: plain({ endsWith: true, null: true }),
  mailNickname: plain({ longest: 64 }),
  displayName: plain({ longest: 256 }),
  givenName: plain({ null: true, longest: 64 }),
  surname: plain({ null: true, longest: 64 }),
  department: plain({ null: true, longest: 64 }),
  jobTitle: plain({ null: true, longest: 128 }),
  city: plain({ null: true, longest: 128 }),
  country: plain({ null: true, longest: 128 }),
  usageLocation: plain({ null: true }),
  // Whether it can be found by its beginning without an advanced query, the published tables do not agree.
  employeeId: text({ filter: 'default', startsWith: 'advanced', null: true, longest: 16 }),
  employeeType: advanced(),
  companyName: advanced({ longest: 64 }),
  mobilePhone: advanced(),
  officeLocation: text({ longest: 128 }),
  preferredLanguage: text(),
  state: text({ longest: 128 }),
  streetAddress: text({ longest: 1024 }),
  postalCode: text({ longest: 40 }),
  faxNumber: text(),
  ageGroup: text(),
  passwordPolicies: text(),
  userType: text({ filter: 'default' }),
  externalUserState: text({ filter: 'default', isReadOnly: true }),
  creationType: text({ filter: 'default', isReadOnly: true }),
  accountEnabled: { type: 'boolean', filter: 'default' },
  onPremisesSyncEnabled: { type: 'boolean', filter: 'default', null: true, isReadOnly: true },
  createdDateTime: { type: 'date', filter: 'default', isReadOnly: true },
  deletedDateTime: readOnly('date'),
  employeeHireDate: { type: 'date', filter: 'none' },
  employeeLeaveDateTime: { type: 'date', filter: 'none' },
  externalUserStateChangeDateTime: readOnly('date'),
  lastPasswordChangeDateTime: readOnly('date'),
  onPremisesLastSyncDateTime: readOnly('date'),
  signInSessionsValidFromDateTime: readOnly('date'),
  onPremisesSamAccountName: advanced({ isReadOnly: true }),
  onPremisesDistinguishedName: advanced({ isReadOnly: true }),
  onPremisesDomainName: advanced({ isReadOnly: true }),
  onPremisesImmutableId: text({ filter: 'default' }),
  onPremisesSecurityIdentifier: text({ filter: 'default', isReadOnly: true }),
  onPremisesUserPrincipalName: text({ filter: 'silent', isReadOnly: true }),
  businessPhones: { type: 'texts', filter: 'advanced', startsWith: 'advanced' },
  imAddresses: { type: 'texts', filter: 'default', startsWith: 'default', isReadOnly: true },
  otherMails: { type: 'texts', filter: 'default', startsWith: 'default', endsWith: true, null: true },
  proxyAddresses: {
    type: 'texts',
    filter: 'default',
    startsWith: 'default',
    endsWith: true,
    null: true,
    isReadOnly: true,
  },
  onPremisesExtensionAttributes: { type: 'object', filter: 'none' },
  passwordProfile: { type: 'object', filter: 'none' },
  // Only by issuer and name together, and never in an advanced query.
  identities: { type: 'objects', filter: 'plain' },
  consentProvidedForMinor: text(),
  legalAgeGroupClassification: { ...text(), isReadOnly: true },
  identityParentId: { ...text(), isReadOnly: true },
  preferredDataLocation: text(),
  securityIdentifier: { ...text(), isReadOnly: true },
  isManagementRestricted: readOnly('boolean'),
  isResourceAccount: readOnly('boolean'),
  showInAddressList: { type: 'boolean', filter: 'none' },
  authorizationInfo: { type: 'object', filter: 'none' },
  customSecurityAttributes: { type: 'object', filter: 'none' },
  employeeOrgData: { type: 'object', filter: 'none' },
  signInActivity: readOnly('object'),
  'signInActivity/lastSignInDateTime': { type: 'date', filter: 'default', isListed: true },
  assignedLicenses: readOnly('objects'),
  assignedPlans: readOnly('objects'),
  licenseAssignmentStates: readOnly('objects'),
  onPremisesProvisioningErrors: readOnly('objects'),
  provisionedPlans: readOnly('objects'),
  serviceProvisioningErrors: readOnly('objects'),
  aboutMe: singleOnly('text'),
  birthday: singleOnly('date'),
  hireDate: singleOnly('date'),
  interests: singleOnly('texts'),
  mailboxSettings: singleOnly('object'),
  mySite: singleOnly('text'),
  pastProjects: singleOnly('texts'),
  preferredName: singleOnly('text'),
  responsibilities: singleOnly('texts'),
  schools: singleOnly('texts'),
  skills: singleOnly('texts'),
  ...EXTENSIONS,
} satisfies Record<string, UserAttribute>);

/** `extension_{appId without dashes}_{name}` of a directory extension. */
const DIRECTORY_EXTENSION = /^extension_[0-9a-f]{32}_\w+$/i;
/** `ext{8 letters}_{name}` or `{domain}_{name}` of a schema extension, which is an object. */
const SCHEMA_EXTENSION = /^[a-z][a-z0-9]*_[a-z][a-z0-9]*$/i;

/** A property that an organization has added to its users, or a member of one: `extab_courses/name`. */
export const extensionAttribute = (path: string): UserAttribute | undefined => {
  const [name = '', member, ...more] = path.split('/');
  if (DIRECTORY_EXTENSION.test(name))
    return member === undefined
      ? text({ filter: 'default', startsWith: 'advanced', null: true, isListed: true, longest: 256 })
      : undefined;
  if (!SCHEMA_EXTENSION.test(name) || more.length > 0) return undefined;
  return member === undefined ? { type: 'object', filter: 'none' } : advanced({ isListed: true });
};

/** What comes without `$select`. */
export const DEFAULT_USER_PROPERTIES = [
  'businessPhones',
  'displayName',
  'givenName',
  'jobTitle',
  'mail',
  'mobilePhone',
  'officeLocation',
  'preferredLanguage',
  'surname',
  'userPrincipalName',
  'id',
] as const;

/** Single values that queries find by an index. */
export const INDEXED_TEXTS: readonly string[] = Object.entries(USER_ATTRIBUTES)
  .filter(
    ([name, { type, filter }]) => name !== 'id' && type === 'text' && (filter === 'default' || filter === 'advanced'),
  )
  .map(([name]) => name);

/** Lists of values that queries find by an index. */
export const INDEXED_LISTS: readonly string[] = ['proxyAddresses', 'otherMails', 'businessPhones', 'imAddresses'];

/** Comparison ignores case: both sides are folded by this, here and nowhere else. */
export const fold = (value: string): string => {
  const folded = value.toLowerCase();
  // At the end of a word a capital sigma has another small letter; whether it stands there must not count.
  return folded.includes('ς') ? Array.from(value, (letter) => letter.toLowerCase()).join('') : folded;
};

/** The column that holds an attribute, folded. */
export const columnOf = (attribute: string): string => `f_${attribute.split('/').at(-1)!}`;

/** An identity as it is looked up: its two parts are asked for together. */
export const identityKey = (issuer: unknown, issuerAssignedId: unknown): string =>
  fold(`${issuer}\n${issuerAssignedId}`);
