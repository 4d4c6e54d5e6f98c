// The one table of what each stage needs to be allowed, and how it compares with what a session holds.
import type { Session } from '../model/directory.ts';
import { type ActionKind, type PlanCounts, REVIEW_ACTION_KINDS } from '../model/plan.ts';
import type { Settings } from '../model/settings.ts';
import { enoughFor, type PermissionKind, type PermissionName } from './catalogue.ts';
import { type HeldRoles, holdsOneOf, type RoleName, rolesOf } from './directory-roles.ts';

/** In the order in which they run; `explain` asks the audit log why something is missing, `licences` is doctor's own. */
export const NEEDING_STAGES = ['match', 'plan', 'apply', 'verify', 'explain', 'licences', 'review'] as const;

export type NeedingStage = (typeof NEEDING_STAGES)[number];

/** What a run does; the other stages do not keep it from running. */
const RUN: readonly NeedingStage[] = ['match', 'plan', 'apply', 'verify', 'explain'];

/** What of the product a configuration uses. */
export interface Uses extends Pick<Settings, 'create' | 'review'> {
  /** Whether the application, or something of it, is still to be registered. */
  readonly registers: boolean;
}

/** The least permission for something that a stage does. */
export interface Need {
  readonly stage: NeedingStage;
  /** What for, in words: `to assign users`. */
  readonly to: string;
  readonly permission: PermissionName;
  /** What does as well here, besides what includes the permission. */
  readonly also?: Partial<Readonly<Record<PermissionKind, readonly string[]>>>;
  /** Needed only for actions of these kinds. */
  readonly actions?: readonly ActionKind[];
  /** Needed only where the configuration asks for it. */
  readonly when?: (uses: Uses) => boolean;
  /** A signed-in administrator holds one of these directory roles besides. */
  readonly roles?: readonly RoleName[];
  /** Nothing but such a role will do: neither owning the application nor a setting of the tenant. */
  readonly byRoleOnly?: boolean;
}

const REGISTRARS: readonly RoleName[] = ['Application Administrator', 'Cloud Application Administrator'];

/** Source: https://learn.microsoft.com/graph/api/serviceprincipal-post-approleassignedto#permissions */
const ASSIGNERS: readonly RoleName[] = [
  'Directory Writers',
  'Hybrid Identity Administrator',
  'Identity Governance Administrator',
  'Privileged Role Administrator',
  'User Administrator',
  ...REGISTRARS,
  'Directory Synchronization Accounts',
];

/** Sources: the "Permissions" part of each operation's page, such as https://learn.microsoft.com/graph/api/user-list#permissions */
export const NEEDS: readonly Need[] = [
  { stage: 'match', to: 'find users', permission: 'User.Read.All' },
  {
    stage: 'plan',
    to: "read the tenant's name and domains",
    permission: 'Organization.Read.All',
    // It shows a user these, and nothing else of the tenant.
    also: { delegated: ['User.Read'] },
  },
  {
    stage: 'plan',
    to: 'read the application, its roles and who is assigned',
    permission: 'Application.Read.All',
  },
  {
    stage: 'apply',
    to: 'register the application and its roles',
    permission: 'Application.ReadWrite.All',
    actions: ['createApplication', 'createServicePrincipal', 'addAppRoles', 'addTags', 'requireAssignment'],
    when: ({ registers }) => registers,
    roles: REGISTRARS,
  },
  {
    stage: 'apply',
    to: 'create users',
    permission: 'User.ReadWrite.All',
    actions: ['createUser'],
    when: ({ create }) => create !== null,
    roles: ['User Administrator'],
    byRoleOnly: true,
  },
  {
    stage: 'apply',
    to: 'assign users',
    permission: 'AppRoleAssignment.ReadWrite.All',
    actions: ['assign', 'unassign'],
    roles: ASSIGNERS,
  },
  // Graph asks for both at once, and refuses an assignment with the first alone.
  { stage: 'apply', to: 'assign users', permission: 'Application.Read.All', actions: ['assign', 'unassign'] },
  { stage: 'verify', to: 'read who is assigned', permission: 'Application.Read.All' },
  {
    stage: 'explain',
    to: 'find in the audit log why something is missing',
    permission: 'AuditLog.Read.All',
    roles: ['Reports Reader', 'Security Reader', 'Security Administrator', 'Global Reader'],
  },
  {
    stage: 'licences',
    to: 'read the licences that reviewing needs',
    permission: 'Organization.Read.All',
    also: { delegated: ['LicenseAssignment.Read.All'], application: ['LicenseAssignment.Read.All'] },
    when: ({ review }) => review !== null,
  },
  {
    stage: 'review',
    to: 'start reviews and read their decisions',
    permission: 'AccessReview.ReadWrite.All',
    actions: REVIEW_ACTION_KINDS,
    when: ({ review }) => review !== null,
    roles: ['User Administrator', 'Identity Governance Administrator'],
  },
];

/** A need, and what a session has for it. */
export interface Judged extends Need {
  /** The permission that allows it: the one that is needed, or one that includes it. Null where none is held. */
  readonly heldAs: string | null;
  /** Whether a signed-in administrator's roles are enough; `unknown` where the token does not tell. */
  readonly byRole: 'notNeeded' | 'held' | 'lacking' | 'unknown';
}

const heldAs = ({ permission, also }: Need, session: Session): string | null =>
  [...enoughFor(permission), ...(also?.[kindOf(session)] ?? [])].find((one) => session.permissions.includes(one)) ??
  null;

export const kindOf = ({ kind }: Pick<Session, 'kind'>): PermissionKind =>
  kind === 'app' ? 'application' : 'delegated';

/** What the configuration needs, stage by stage, and what the session has for each. */
export const judgeNeeds = (session: Session, uses: Uses): readonly Judged[] =>
  NEEDS.filter(({ when }) => when?.(uses) ?? true).map((need) => ({
    ...need,
    heldAs: heldAs(need, session),
    byRole: byRole(need, session),
  }));

/** Whether a run needs it, and it is not there. */
export const isLackingForRun = ({ stage, ...judged }: Judged): boolean => RUN.includes(stage) && isLacking(judged);

const isLacking = (judged: Pick<Judged, 'heldAs' | 'byRole' | 'byRoleOnly'>): boolean =>
  judged.heldAs === null || isLackingRole(judged);

/**
 * What applying a plan of these actions, and verifying it, needs and the session lacks. Nothing for a plan without
 * actions. What planning itself takes is not asked for: it has been read by then.
 */
export const lackingForPlan = (
  session: Session,
  { create, review }: Pick<Uses, 'create' | 'review'>,
  counts: PlanCounts,
): readonly Judged[] => {
  const isUsed = ({ stage, actions }: Need) => stage !== 'plan' && (actions?.some((kind) => counts[kind] > 0) ?? true);
  const isEmpty = Object.values(counts).every((count) => count === 0);
  const judged = judgeNeeds(session, { create, review, registers: true });
  if (isEmpty) return [];
  // A plan about a review changes no access, and is not verified against the roster.
  const isReview = REVIEW_ACTION_KINDS.some((kind) => counts[kind] > 0);
  if (isReview) return judged.filter((one) => one.stage === 'review' && isUsed(one) && isLacking(one));
  return judged.filter((one) => isUsed(one) && isLackingForRun(one));
};

const isLackingRole = ({ byRole, byRoleOnly }: Pick<Judged, 'byRole' | 'byRoleOnly'>): boolean =>
  byRole === 'lacking' && byRoleOnly === true;

const byRole = ({ roles }: Need, session: Session): Judged['byRole'] => {
  if (session.kind === 'app' || roles === undefined) return 'notNeeded';
  if (session.roleIds === null) return 'unknown';
  const held: HeldRoles = rolesOf(session.roleIds);
  if (holdsOneOf(held, roles)) return 'held';
  // A role that the tenant made may allow it as well.
  return held.others.length > 0 ? 'unknown' : 'lacking';
};
