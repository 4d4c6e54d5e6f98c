// Guests, who are invited. Source: https://learn.microsoft.com/graph/api/invitation-post
import { badRequest } from './errors.ts';
import { type GraphRequest, type GraphResponse, objectBody, type Tenant } from './request.ts';
import { fold } from './user-attributes.ts';
import { MAIL, missing } from './user-rules.ts';
import { refuseTaken } from './user-uniqueness.ts';
import { addUser } from './users.ts';

const KNOWN = new Set([
  '@odata.type',
  'invitedUserDisplayName',
  'invitedUserEmailAddress',
  'invitedUserMessageInfo',
  'invitedUserType',
  'inviteRedirectUrl',
  'resetRedemption',
  'sendInvitationMessage',
]);

interface Guest {
  readonly id: string;
  readonly state: string | null;
  readonly type: string | null;
}

/** `POST /invitations`. A guest who has been invited before is invited again, and stays the same user. */
export const invite = (tenant: Tenant, request: GraphRequest): GraphResponse => {
  const body = objectBody(request);
  const { email, redirect, name, type } = checked(body);
  const domain = email.split('@')[1]!;
  const known = knownAs(tenant, email);
  if (known && known.state === null) {
    throw badRequest(
      `The invited user already exists in the directory as object ID: ${known.id}. They can use that account to sign in to shared apps and resources.`,
    );
  }
  if (!known && tenant.domains.some((own) => fold(own) === fold(domain)))
    throw badRequest('The domain of the email address is a verified domain of this directory.');
  const id = known?.id ?? addGuest(tenant, request, email, name, type);
  const invitation = crypto.randomUUID();
  return {
    status: 201,
    body: {
      '@odata.context': `${request.root}/$metadata#invitations/$entity`,
      id: invitation,
      inviteRedeemUrl: `https://login.microsoftonline.com/redeem?rd=${encodeURIComponent(redirect)}&tenant=${tenant.tenantId}&user=${invitation}`,
      invitedUserDisplayName: name ?? null,
      invitedUserType: known?.type ?? type,
      invitedUserEmailAddress: email,
      sendInvitationMessage: body['sendInvitationMessage'] === true,
      resetRedemption: body['resetRedemption'] === true,
      inviteRedirectUrl: redirect,
      status: known?.state === 'Accepted' ? 'Completed' : 'PendingAcceptance',
      invitedUserMessageInfo: body['invitedUserMessageInfo'] ?? null,
      invitedUser: { id },
    },
  };
};

const checked = (body: Readonly<Record<string, unknown>>) => {
  const invalid = (name: string) =>
    badRequest(`Invalid value specified for property '${name}' of resource 'Invitation'.`);
  for (const name of Object.keys(body)) {
    if (!KNOWN.has(name))
      throw badRequest(
        `Property '${name}' does not exist as a declared property, or cannot be set, on resource 'Invitation'.`,
      );
  }
  const { invitedUserEmailAddress: email, inviteRedirectUrl: redirect, invitedUserDisplayName: name } = body;
  for (const property of ['invitedUserEmailAddress', 'inviteRedirectUrl'])
    if ((body[property] ?? null) === null) throw missing(property, 'Invitation');
  if (typeof email !== 'string' || !MAIL.test(email)) throw invalid('invitedUserEmailAddress');
  if (typeof redirect !== 'string' || !/^https?:\/\/./i.test(redirect)) throw invalid('inviteRedirectUrl');
  if (name !== undefined && name !== null && (typeof name !== 'string' || name === '' || name.length > 256))
    throw invalid('invitedUserDisplayName');
  const type = body['invitedUserType'] ?? 'Guest';
  if (type !== 'Guest' && type !== 'Member') throw invalid('invitedUserType');
  for (const property of ['sendInvitationMessage', 'resetRedemption'])
    if (body[property] !== undefined && typeof body[property] !== 'boolean') throw invalid(property);
  return { email, redirect, name: typeof name === 'string' ? name : undefined, type };
};

/** The user who has an address as mail or as principal name. */
const knownAs = ({ db }: Tenant, email: string): Guest | undefined =>
  db.one<Guest>(
    `select id, json_extract(body, '$.externalUserState') as state, json_extract(body, '$.userType') as type
      from users where f_mail = ?1 or f_userPrincipalName = ?1 order by n limit 1`,
    fold(email),
  );

const addGuest = (
  tenant: Tenant,
  request: GraphRequest,
  email: string,
  name: string | undefined,
  userType: string,
): string => {
  const initial = tenant.domains.find((domain) => domain.endsWith('.onmicrosoft.com')) ?? tenant.domains[0]!;
  const mangled = `${email.replace('@', '_')}#EXT#`;
  const named = { userPrincipalName: `${mangled}@${initial}`, mailNickname: mangled, mail: email };
  refuseTaken(tenant.db, named);
  const guest = addUser(tenant, request, 'Invite external user', {
    ...named,
    accountEnabled: true,
    creationType: 'Invitation',
    displayName: name ?? email.split('@')[0],
    externalUserState: 'PendingAcceptance',
    externalUserStateChangeDateTime: `${new Date(tenant.now()).toISOString().slice(0, 19)}Z`,
    otherMails: [email],
    userType,
  });
  return guest.id;
};
