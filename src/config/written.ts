// What people write in rollcall.yaml. What the code uses is Settings; normalise.ts goes from one to the other.
import { z } from 'zod';
import { didYouMean } from '../model/nearest.ts';
import { accountsWritten, completeWritten } from './accounts.ts';
import { evidenceWritten } from './evidence.ts';
import { removalsWritten } from './removals.ts';
import { reviewWritten } from './review.ts';
import { choice, either, object, secretRef, text, url } from './shapes.ts';
import { sourceWritten } from './sources/sources.ts';
import { templateColumns, templateProblem } from './template.ts';

const application = either(
  [
    text,
    object({
      name: text.max(256, 'expected at most 256 characters').describe('Display name of the enterprise application.'),
      appId: z.guid('expected the application (client) id, a GUID').optional(),
      uniqueName: text
        .regex(
          /^[A-Za-z0-9][A-Za-z0-9._-]{0,119}$/,
          'expected up to 120 letters, digits, full stops, hyphens and underscores',
        )
        .optional(),
    }),
  ],
  'expected a name (a number in quotes), or { name, appId, uniqueName }',
).describe('The enterprise application. uniqueName is the key it is found by; by default it is made of the name.');

export const SIGN_INS = [
  'deviceCode',
  'browser',
  'azureCli',
  'clientSecret',
  'certificate',
  'managedIdentity',
  'workloadIdentity',
] as const;

export const CLOUDS = ['global', 'usgov', 'dod', 'china'] as const;

const tenantDirectory = object({
  tenant: text
    .regex(/^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/, 'expected a tenant id (GUID) or a verified domain')
    .describe('Tenant id or a verified domain.'),
  cloud: choice(CLOUDS).optional().describe('Default: global.'),
  signIn: choice(SIGN_INS),
  clientId: z.guid('expected the application (client) id to sign in with, a GUID').optional(),
  secret: secretRef.optional().describe('With signIn: clientSecret.'),
  certificate: text.optional().describe('With signIn: certificate. A PEM file with certificate and private key.'),
  certificatePassword: secretRef.optional(),
  graph: url.optional().describe('Address of Microsoft Graph, where it is not that of the cloud.'),
  authority: url.optional().describe('Address of the sign-in service, where it is not that of the cloud.'),
  caFile: text.optional().describe('Certificates (PEM) to trust besides those of the operating system.'),
}).superRefine((written, context) => {
  const need = (key: 'clientId' | 'secret' | 'certificate') => {
    if (written[key] !== undefined) return;
    context.addIssue({ code: 'custom', path: [key], message: `missing; "signIn: ${written.signIn}" needs it` });
  };
  const refuse = (key: 'secret' | 'certificate' | 'certificatePassword', signIn: string) => {
    if (written[key] === undefined || written.signIn === signIn) return;
    context.addIssue({ code: 'custom', path: [key], message: `goes with "signIn: ${signIn}" only` });
  };
  if (written.signIn === 'clientSecret' || written.signIn === 'certificate') need('clientId');
  if (written.signIn === 'clientSecret') need('secret');
  if (written.signIn === 'certificate') need('certificate');
  refuse('secret', 'clientSecret');
  refuse('certificate', 'certificate');
  refuse('certificatePassword', 'certificate');
});

const directory = either(
  [
    z.literal('local'),
    object({ local: object({ users: text.optional().describe('A file of users to start the directory with.') }) }),
    tenantDirectory,
  ],
  'expected local, { local: { users: FILE } } or { tenant, signIn, … }',
).describe('The Microsoft Entra directory; local is the embedded one, kept beside this file.');

const regularExpression = z.string().refine((pattern) => {
  try {
    return new RegExp(pattern, 'u') instanceof RegExp;
  } catch {
    return false;
  }
}, 'expected a regular expression of JavaScript (Unicode mode)');

export const PLAIN_TRANSFORMS = ['trim', 'lower', 'stripDomain'] as const;

const transforms = z
  .array(
    either(
      [
        choice(PLAIN_TRANSFORMS),
        object({ replaceDomain: text }),
        object({ prefix: z.string() }),
        object({ suffix: z.string() }),
        object({ regex: regularExpression, with: z.string() }),
      ],
      `expected one of ${PLAIN_TRANSFORMS.join(', ')}, { replaceDomain }, { prefix }, { suffix }, { regex, with }`,
    ),
  )
  .optional()
  .describe('What is done to the value before it is compared, in order. Default: [trim].');

/** User attributes with a single text that the directory can be asked for. */
export const SINGLE_ATTRIBUTES = [
  'id',
  'userPrincipalName',
  'mail',
  'mailNickname',
  'displayName',
  'givenName',
  'surname',
  'employeeId',
  'employeeType',
  'department',
  'jobTitle',
  'companyName',
  'officeLocation',
  'city',
  'state',
  'country',
  'usageLocation',
  'mobilePhone',
  'onPremisesSamAccountName',
  'onPremisesImmutableId',
  'onPremisesSecurityIdentifier',
  'onPremisesDistinguishedName',
  'onPremisesDomainName',
] as const;

export const LIST_ATTRIBUTES = ['proxyAddresses', 'otherMails', 'imAddresses', 'businessPhones'] as const;

export const EXTENSION_ATTRIBUTES = Array.from({ length: 15 }, (_, index) => `extensionAttribute${index + 1}`);

const MATCH_ATTRIBUTES: readonly string[] = [...SINGLE_ATTRIBUTES, ...LIST_ATTRIBUTES, ...EXTENSION_ATTRIBUTES];

const DIRECTORY_EXTENSION = /^extension_[0-9a-f]{32}_\w+$/i;
const EXTENSION_PATH = /^onPremisesExtensionAttributes\/extensionAttribute(?:[1-9]|1[0-5])$/;

const attributeRule = object({
  column: text.describe("A column of the application's accounts."),
  attribute: text.describe('The user attribute that it is compared with.').superRefine((attribute, context) => {
    if (MATCH_ATTRIBUTES.includes(attribute)) return;
    if (DIRECTORY_EXTENSION.test(attribute) || EXTENSION_PATH.test(attribute)) return;
    context.addIssue({ code: 'custom', message: attributeMessage(attribute, MATCH_ATTRIBUTES) });
  }),
  operator: choice(['equals', 'startsWith', 'any']).optional().describe('Default: equals; any for a list attribute.'),
  transforms,
}).superRefine(({ attribute, operator }, context) => {
  const list = (LIST_ATTRIBUTES as readonly string[]).includes(attribute);
  if (operator === undefined || list === (operator === 'any')) return;
  const message = list
    ? `${attribute} holds a list; expected any`
    : `${attribute} holds a single value; expected equals or startsWith`;
  context.addIssue({ code: 'custom', path: ['operator'], message });
});

const filterRule = object({
  filter: text
    .describe('A $filter of your own; {Column} inside a quoted string stands for the value of that column.')
    .superRefine((filter, context) => {
      const problem = templateProblem(filter) ?? filterProblem(filter);
      if (problem) context.addIssue({ code: 'custom', message: problem });
    }),
  transforms,
});

/** A value is escaped as the content of a string, so it is safe inside quotes and nowhere else. */
const filterProblem = (filter: string): string | undefined => {
  if (templateColumns(filter).length === 0) return 'expected a {Column} in the filter';
  const outside = filter
    .split(/\{[^{}]+\}/)
    .slice(0, -1)
    .some(
      (_, index, parts) =>
        parts
          .slice(0, index + 1)
          .join('')
          .split("'").length %
          2 ===
        1,
    );
  return outside ? "expected every {Column} inside single quotes: '{Column}'" : undefined;
};

const match = z
  .array(either([attributeRule, filterRule], 'expected { column, attribute } or { filter }'))
  .min(1, 'expected at least one rule')
  .describe('Rules in order; the first that finds exactly one user wins.');

/** What a user can be created with. */
export const CREATE_ATTRIBUTES = [
  'displayName',
  'userPrincipalName',
  'mailNickname',
  'givenName',
  'surname',
  'mail',
  'otherMails',
  'employeeId',
  'employeeType',
  'department',
  'jobTitle',
  'companyName',
  'officeLocation',
  'streetAddress',
  'postalCode',
  'city',
  'state',
  'country',
  'usageLocation',
  'preferredLanguage',
  'mobilePhone',
  'onPremisesImmutableId',
  ...EXTENSION_ATTRIBUTES,
] as const;

const template = text.superRefine((written, context) => {
  const problem = templateProblem(written);
  if (problem) context.addIssue({ code: 'custom', message: problem });
});

const create = object({
  ...(Object.fromEntries(CREATE_ATTRIBUTES.map((name) => [name, template.optional()])) as Record<
    string,
    z.ZodOptional<typeof template>
  >),
  displayName: template,
  userPrincipalName: template,
  mailNickname: template,
}).describe('Creates the users that are missing, disabled. Attributes as templates over columns: "{Full name}".');

const roleWords = {
  descriptions: z
    .record(z.string(), text.max(1000, 'expected at most 1000 characters'))
    .optional()
    .describe('What a role means, by its name; for reviewers.'),
  descriptionColumn: text.optional().describe('The column that says what the role of an account means.'),
};

const roles = either(
  [
    object({
      column: text,
      map: z.record(z.string(), text).optional().describe('From a cell to the name of a role.'),
      default: text.optional().describe('For a cell that is empty or not in the map.'),
      ...roleWords,
    }),
    object({ default: text, ...roleWords }),
  ],
  'expected { default } or { column, map, default }',
)
  .optional()
  .describe('The roles of the accounts. Default: everyone has the role "User".');

const share = z.number().min(0, 'expected a share from 0 to 1').max(1, 'expected a share from 0 to 1').optional();

const guards = object({
  maxCreateShare: share.describe('Users to create, as a share of the accounts. Default: 0.25.'),
  maxAssignShare: share.describe('Assignments to make, as a share of the accounts. Default: 1.'),
  maxRemoveShare: share.describe('Assignments to take away, as a share of the accounts. Default: 0.1.'),
  maxShrinkShare: share.describe('By how much fewer accounts a roster may have than the last. Default: 0.1.'),
  maxGrowShare: share.describe('By how much more accounts a roster may have than the last. Default: 0.5.'),
  floor: z
    .int('expected a whole number')
    .min(0, 'expected 0 or more')
    .optional()
    .describe('Guards do not speak about fewer than this many. Default: 20.'),
})
  .optional()
  .describe('What a plan may do without being allowed by name.');

/** The whole file. */
export const writtenSchema = object({
  application,
  directory,
  source: sourceWritten,
  accounts: accountsWritten,
  complete: completeWritten,
  match,
  overrides: text.optional().describe("A CSV file of an administrator's own decisions."),
  create: create.optional(),
  roles,
  removals: removalsWritten,
  evidence: evidenceWritten,
  review: reviewWritten,
  strategy: choice(['auto', 'lookups', 'directory']).optional().describe('How users are looked up. Default: auto.'),
  guards,
});

export type Written = z.infer<typeof writtenSchema>;

/** Why an attribute is not known, and the nearest right name. */
const attributeMessage = (attribute: string, known: readonly string[]): string => {
  if (attribute === 'onPremisesUserPrincipalName') {
    return 'the directory answers no question about onPremisesUserPrincipalName; use userPrincipalName or mail';
  }
  if (attribute === 'identities') return 'identities cannot be compared with one value; write a filter instead';
  return `there is no user attribute "${attribute}" to match by${didYouMean(attribute, known)}`;
};
