// An application that can be reviewed, and what tests of reviews ask again and again.
import { DEFAULT_GRANT } from '../../../src/tenant/permissions.ts';
import type { TenantOptions } from '../../../src/tenant/server.ts';
import {
  type Client,
  clientOf,
  type Json,
  person,
  ROLE_A,
  ROLE_B,
  register,
  signedInAs,
  startClient,
} from './support.ts';

export const REVIEWS = '/identityGovernance/accessReviews';
export const DEFINITIONS = `${REVIEWS}/definitions`;
export const INTEGRATED = 'WindowsAzureActiveDirectoryIntegratedApp';
export const ADMIN = 'admin@contoso.com';

/** Users by a name that says who they are, with ids that sort as they are numbered. */
export const idOfUser = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
export const ANA = idOfUser(1);
export const BO = idOfUser(2);
export const CY = idOfUser(3);
export const REVIEWER = idOfUser(11);
export const SECOND = idOfUser(12);
export const NOBODY = '99999999-9999-4999-8999-999999999999';

export interface ReviewWorld {
  readonly client: Client;
  readonly principalId: string;
  readonly assignedTo: string;
}

/** Three users with the role Reader, Ana with Writer besides; two who review. */
export const reviewWorld = async (options: TenantOptions = {}): Promise<ReviewWorld> => {
  const grant = [...DEFAULT_GRANT, 'Group.ReadWrite.All'];
  const administrators = { [ADMIN]: ['Identity Governance Administrator'] };
  return reviewWorldIn(
    await startClient({ grant, administrators, ...options }),
    options.replicationDelayMs !== undefined,
  );
};

/** The same in a tenant that has been started. */
export const reviewWorldIn = async (client: Client, isLagging = false): Promise<ReviewWorld> => {
  await client.seed(
    person('ana', { id: ANA, displayName: 'Ana Ruiz' }),
    person('bo', { id: BO }),
    person('cy', { id: CY }),
    person('reviewer', { id: REVIEWER }),
    person('second', { id: SECOND }),
  );
  // A user's session sees at once what it has written.
  const maker = isLagging ? await signedInAs(client.tenant, ADMIN) : client;
  const { principalId } = await register(maker);
  await maker.patch(`/servicePrincipals/${principalId}`, { appRoleAssignmentRequired: true, tags: [INTEGRATED] });
  const assignedTo = `/servicePrincipals/${principalId}/appRoleAssignedTo`;
  for (const id of [ANA, BO, CY]) await assign(maker, principalId, id);
  await assign(maker, principalId, ANA, ROLE_B);
  return { client: maker === client ? client : await later(client, 'PT10M'), principalId, assignedTo };
};

export const assign = async (
  client: Client,
  principalId: string,
  id: string,
  role = ROLE_A,
  set = 'servicePrincipals',
): Promise<void> => {
  const body = { principalId: id, resourceId: principalId, appRoleId: role };
  const { status, text } = await client.post(`/${set}/${principalId}/appRoleAssignedTo`, body);
  if (status !== 201) throw new Error(text);
};

export const scopeOf = (principalId: string, principals: object = {}): object => ({
  '@odata.type': '#microsoft.graph.principalResourceMembershipsScope',
  principalScopes: [
    {
      '@odata.type': '#microsoft.graph.accessReviewQueryScope',
      query: '/users',
      queryType: 'MicrosoftGraph',
      ...principals,
    },
  ],
  resourceScopes: [
    {
      '@odata.type': '#microsoft.graph.accessReviewQueryScope',
      query: `/servicePrincipals/${principalId}`,
      queryType: 'MicrosoftGraph',
    },
  ],
});

export const reviewer = (query: string, more: object = {}): object => ({ query, queryType: 'MicrosoftGraph', ...more });
export const MANAGERS = reviewer('./manager', { queryRoot: 'decisions' });

export const settings = (more: object = {}): object => ({
  mailNotificationsEnabled: true,
  reminderNotificationsEnabled: true,
  justificationRequiredOnApproval: false,
  defaultDecisionEnabled: false,
  defaultDecision: 'None',
  autoApplyDecisionsEnabled: false,
  instanceDurationInDays: 14,
  recommendationsEnabled: false,
  ...more,
});

/** The body of a review of an application, once, by one person. */
export const reviewOf = (principalId: string, more: object = {}): object => ({
  displayName: 'CORPDB1 assignments',
  descriptionForAdmins: 'Who uses CORPDB1',
  descriptionForReviewers: 'Does this person still need CORPDB1?',
  scope: scopeOf(principalId),
  reviewers: [reviewer(`/users/${REVIEWER}`)],
  settings: settings(),
  ...more,
});

export const recurring = (pattern: object, range: object) => ({
  pattern: { type: 'absoluteMonthly', interval: 1, dayOfMonth: 0, ...pattern },
  range: { type: 'noEnd', ...range },
});

/** Creates a review and answers its address. */
export const createReview = async (client: Client, body: object): Promise<string> => {
  const { status, body: made, text } = await client.post(DEFINITIONS, body);
  if (status !== 201) throw new Error(text);
  return `${DEFINITIONS}/${made['id']}`;
};

/** Time passes; a new token, since the old one has come to its end. */
export const later = async ({ tenant, control }: Client, advance: string): Promise<Client> => {
  const answer = await control('POST', 'clock', { advance });
  if (Number(answer.status) !== 200) throw new Error(JSON.stringify(answer));
  return clientOf(tenant);
};

/** The newest instance that has begun, and its address. */
export const currentInstance = async (client: Client, review: string): Promise<{ at: string; instance: Json }> => {
  const all = await client.all(`${review}/instances`);
  const begun = all.filter((one) => String(one['status']) !== 'NotStarted');
  const instance = begun.at(-1) ?? all[0]!;
  return { at: `${review}/instances/${instance['id']}`, instance };
};

/** A review whose instance is open to its reviewers. */
export const openReview = async (client: Client, body: object) => {
  const review = await createReview(client, body);
  const opened = await later(client, 'PT2M');
  return { review, client: opened, ...(await currentInstance(opened, review)) };
};

export const statusOf = async (client: Client, address: string): Promise<string> =>
  String((await client.get(address)).body['status']);

/** What a list's items say, by the user's display name. */
export const byName = (items: readonly Json[], property: string): Record<string, unknown> =>
  Object.fromEntries(items.map((item) => [String(item['principal']!['displayName']), item[property]]));
