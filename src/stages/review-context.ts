// Gathers what a reviewer can be told: people under review from the directory, their accounts from the roster, decisions from reviews.
import type { Roster } from '../model/account.ts';
import { factReader } from '../model/account-facts.ts';
import type { Directory, DirectoryUser, ServicePrincipal } from '../model/directory.ts';
import { DirectoryError, RollcallError } from '../model/errors.ts';
import { fold } from '../model/fold.ts';
import type { Removal } from '../model/removal.ts';
import type {
  PastDecision,
  Peers,
  ReviewContext,
  ReviewedAccount,
  ReviewedPerson,
  ReviewersPart,
} from '../model/review-context.ts';
import type { Settings } from '../model/settings.ts';
import { readApplication } from '../plan/actual.ts';
import { accountIdentifier, isSameRole } from '../reconcile/identify.ts';
import { RemovalIndex } from '../reconcile/removal-index.ts';
import { changesText } from '../review/describe.ts';
import type { Matching } from '../store/store.ts';
import type { Work } from '../work.ts';
import { changeCounts, rolesTold, type SinceLast, sinceRound } from './access-told.ts';
import { newestRoster } from './collect.ts';
import { newestMatching, planRows } from './match.ts';
import { allRemovals, readingOf } from './removals.ts';
import { nameOf } from './reviewed.ts';
import { type Round, roundsOf } from './rounds.ts';

/** Earlier reviews whose decisions are told. */
const EARLIER = 3;

/**
 * All that is known of the people under review: those who are assigned to the application. Nothing is written.
 *
 * Errors: {@link RollcallError} where the application is not registered, or the newest roster is not matched.
 */
export const reviewContext = async (work: Work): Promise<ReviewContext> => {
  const { settings, signal } = work;
  const roster = await newestRoster(work);
  const matching = await newestMatching(work, roster);
  const directory = await work.connect();
  const { servicePrincipal } = await readApplication(directory, settings.application, signal);
  if (!servicePrincipal)
    throw new RollcallError(
      `${settings.application.displayName} is not registered in the directory: there is nobody to review.`,
      'Run "rollcall run" first.',
    );
  const notes: string[] = [];
  const { current, earlier } = await roundsOf(work, servicePrincipal.id, EARLIER);
  const [lastRound] = earlier;
  const since = lastRound && (await sinceRound(work, lastRound, roster));
  const held = await readHeld(directory, servicePrincipal, notes, signal);
  const known = await readPeople(directory, [...held.keys()], signal);
  const managers = known ? await readManagers(directory, settings, held, known, signal) : new Map<string, Manager>();
  const peers = known && (await PeerCounts.read(directory, held, known, managers, notes, signal));
  const accounts = await accountsByUser(work, roster, matching, since);
  const decisions = await decisionsByUser(directory, earlier, signal);
  const people = [...held].map(([id, { displayName, roles }]): ReviewedPerson => {
    const user = known?.get(id);
    const own = accounts.of.get(id);
    const seen = own?.user;
    const upn = user?.['userPrincipalName'] ?? seen?.userPrincipalName;
    const isEnabled = user ? user['accountEnabled'] : seen?.accountEnabled;
    return {
      id,
      displayName,
      userPrincipalName: typeof upn === 'string' ? upn : null,
      isEnabled: typeof isEnabled === 'boolean' ? isEnabled : null,
      roles: [...roles].sort().map((name) => ({ name, peers: peers?.of(id, name) ?? null })),
      accounts: own?.accounts ?? [],
      hasAccount: own ? true : accounts.isUntold(id) ? null : false,
      rolesLost: own?.rolesLost ?? [],
      decisions: decisions.get(id) ?? [],
    };
  });
  if (!known)
    notes.push(
      'Whose manager or department is the same is not known: this sign-in may not read users (it takes User.Read.All).',
    );
  notes.push(...rosterNotes(matching));
  return {
    application: settings.application.displayName,
    round: current ? roundTold(current) : null,
    roster: { hash: roster.hash, collectedAt: roster.collectedAt, rows: roster.rows },
    last: since
      ? {
          name: since.round.review.displayName,
          on: dayOf(since.round.instance.startsAt),
          changes: since.differences && changesText(changeCounts(since.differences)),
        }
      : null,
    roles: await rolesTold(work, roster, matching),
    people,
    parts: partsOf(settings, held, managers),
    peersKnown: known !== undefined,
    notes,
  };
};

const dayOf = (moment: string): string => moment.slice(0, 10);

const roundTold = ({ review, instance }: Round) => ({
  id: instance.id,
  name: review.displayName,
  startsAt: instance.startsAt,
  endsAt: instance.endsAt,
});

const rosterNotes = ({ counts }: Matching): string[] => {
  const without = counts.notMatched + counts.ambiguous + counts.notQueried;
  return [
    ...(without > 0
      ? [`${without} accounts of the application have no single user behind them: nobody is asked about those here.`]
      : []),
    ...(counts.queryFailed > 0
      ? [`${counts.queryFailed} accounts could not be looked up, so that nobody can tell who has no account any more.`]
      : []),
  ];
};

interface Held {
  readonly displayName: string;
  /** By name. */
  readonly roles: Set<string>;
}

/** Who holds which roles, by the users' ids in lower case. */
const readHeld = async (
  directory: Directory,
  { id, appRoles }: ServicePrincipal,
  notes: string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Held>> => {
  const names = new Map(appRoles.map((role) => [role.id, role.displayName]));
  const held = new Map<string, Held>();
  const others = new Set<string>();
  for await (const page of directory.assignments(id, signal)) {
    for (const { principalId, principalType, principalDisplayName, appRoleId } of page) {
      if (principalType !== 'User') {
        others.add(principalId);
        continue;
      }
      const key = principalId.toLowerCase();
      const person = held.get(key) ?? { displayName: principalDisplayName, roles: new Set() };
      person.roles.add(names.get(appRoleId) ?? 'Default Access');
      held.set(key, person);
    }
  }
  if (others.size > 0)
    notes.push(`${others.size} groups or services hold roles as well; who has access through them is not told here.`);
  return held;
};

const PERSON = ['id', 'userPrincipalName', 'displayName', 'accountEnabled', 'department'];

/** Undefined where the sign-in may not read them. */
const readPeople = async (
  directory: Directory,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, DirectoryUser> | undefined> => {
  try {
    const users = await directory.findUsersById(ids, PERSON, signal);
    return new Map(users.map((user) => [user.id.toLowerCase(), user]));
  } catch (error) {
    if (error instanceof DirectoryError && error.failure.status === 403) return undefined;
    throw error;
  }
};

interface Manager {
  readonly id: string;
  readonly name: string;
}

const managersReview = ({ review }: Settings): boolean =>
  review?.stages.some(({ reviewers }) => reviewers.some((one) => 'manager' in one)) ?? false;

/** The managers of everybody, where managers review, or nobody has a department. It takes a question a person. */
const readManagers = async (
  directory: Directory,
  settings: Settings,
  held: ReadonlyMap<string, Held>,
  known: ReadonlyMap<string, DirectoryUser>,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Manager>> => {
  const managers = new Map<string, Manager>();
  const isAsked = managersReview(settings) || ![...known.values()].some((user) => departmentOf(user) !== undefined);
  if (!isAsked) return managers;
  const ids = held.keys();
  for await (const found of directory.managersOf(ids, ['id', 'userPrincipalName', 'displayName'], signal)) {
    for (const { of, manager } of found)
      managers.set(of.toLowerCase(), {
        id: manager.id,
        name: String(manager['userPrincipalName'] ?? manager['displayName'] ?? manager.id),
      });
  }
  return managers;
};

const departmentOf = (user: DirectoryUser | undefined): string | undefined => {
  const department = user?.['department'];
  return typeof department === 'string' && department.trim() !== '' ? department.trim() : undefined;
};

interface Group extends Pick<Peers, 'kind' | 'name'> {
  readonly key: string;
}

/** How many of a department or a manager's people hold a role. */
class PeerCounts {
  /** By person: the group that the person is counted in. */
  readonly #groupOf = new Map<string, Group>();
  /** By group. */
  readonly #people = new Map<string, number>();
  /** By group and role. */
  readonly #holders = new Map<string, number>();

  static async read(
    directory: Directory,
    held: ReadonlyMap<string, Held>,
    known: ReadonlyMap<string, DirectoryUser>,
    managers: ReadonlyMap<string, Manager>,
    notes: string[],
    signal: AbortSignal,
  ): Promise<PeerCounts> {
    const counts = new PeerCounts();
    const departments = new Map<string, string>();
    for (const [id, { roles }] of held) {
      const department = departmentOf(known.get(id));
      const manager = managers.get(id);
      const groups: Group[] = [];
      if (department !== undefined) groups.push({ kind: 'department', name: department, key: `d${fold(department)}` });
      if (manager) groups.push({ kind: 'manager', name: manager.name, key: `m${manager.id}` });
      // Where both are known, the department is told.
      const [told] = groups;
      if (told) counts.#groupOf.set(id, told);
      if (department !== undefined) departments.set(fold(department), department);
      for (const { key } of groups) {
        add(counts.#people, key);
        for (const role of roles) add(counts.#holders, `${key}\n${role}`);
      }
    }
    await counts.#countDepartments(directory, [...departments.values()], held, notes, signal);
    return counts;
  }

  /** Those of a department who have no access are its people, too, if they can sign in. */
  async #countDepartments(
    directory: Directory,
    departments: readonly string[],
    held: ReadonlyMap<string, Held>,
    notes: string[],
    signal: AbortSignal,
  ): Promise<void> {
    const lookups = departments.map((value) => ({
      attribute: 'department',
      operator: 'equals' as const,
      values: [value],
    }));
    for await (const answer of directory.findUsers(lookups, ['id', 'accountEnabled'], signal)) {
      const department = departments[answer.index]!;
      const key = `d${fold(department)}`;
      if ('failure' in answer) {
        this.#people.delete(key);
        notes.push(
          `How many people are in ${department} is not known: the directory refused to tell (${answer.failure.code}).`,
        );
        continue;
      }
      for (const { id, accountEnabled } of answer.users)
        if (accountEnabled !== false && !held.has(id.toLowerCase())) add(this.#people, key);
    }
  }

  of(personId: string, role: string): Peers | null {
    const group = this.#groupOf.get(personId);
    const people = group && this.#people.get(group.key);
    if (!group || people === undefined) return null;
    const { kind, name, key } = group;
    return { kind, name, holders: this.#holders.get(`${key}\n${role}`) ?? 0, people };
  }
}

const add = (counts: Map<string, number>, key: string): void => {
  counts.set(key, (counts.get(key) ?? 0) + 1);
};

interface OwnAccounts {
  readonly user: { readonly userPrincipalName: string; readonly accountEnabled: boolean | null };
  readonly accounts: ReviewedAccount[];
  readonly rolesLost: string[];
}

/** What is followed up, or was let stay. */
const GOING = ['open', 'ordered', 'accepted', 'claimedDone', 'returned', 'excepted'] as const;

/** The accounts of each user, by ids in lower case, with what became of them since the last review. */
const accountsByUser = async (
  work: Work,
  roster: Roster,
  matching: Matching,
  since: SinceLast | undefined,
): Promise<{ readonly of: ReadonlyMap<string, OwnAccounts>; isUntold(userId: string): boolean }> => {
  const { settings, store } = work;
  const identify = accountIdentifier(roster.columns, readingOf(settings));
  const factsOf = factReader(settings.accounts, roster.columns);
  const going = new RemovalIndex(await allRemovals(work, GOING));
  const changeOf = changeTeller(since);
  const lost = new Map<string, string[]>();
  for (const { key, role } of since?.differences?.rolesLost ?? [])
    if (role !== null) lost.set(key, [...(lost.get(key) ?? []), role]);
  const of = new Map<string, OwnAccounts>();
  const mayHold = new Set<string>();
  for await (const { account, outcome } of planRows(store, roster, matching)) {
    for (const { id } of outcome.candidates ?? []) mayHold.add(id.toLowerCase());
    const { user } = outcome;
    if (!user) continue;
    const row = identify(account);
    const own = of.get(user.id.toLowerCase()) ?? { user, accounts: [], rolesLost: [] };
    of.set(user.id.toLowerCase(), own);
    own.rolesLost.push(...(lost.get(row.key) ?? []));
    lost.delete(row.key);
    own.accounts.push({
      key: row.key,
      role: row.role,
      facts: factsOf(account),
      ...changeOf(row.n),
      removals: going.ofAccount(row).filter(({ role }: Removal) => role === null || isSameRole(role, row.role)),
    });
  }
  return { of, isUntold: (id) => matching.counts.queryFailed > 0 || mayHold.has(id) };
};

/** Tells of a row of the newest roster what is different since the last review. */
const changeTeller = (since: SinceLast | undefined): ((row: number) => Pick<ReviewedAccount, 'since' | 'was'>) => {
  const differences = since?.differences;
  if (!differences) return () => ({ since: null, was: null });
  const added = new Set(differences.added.map(({ row }) => row));
  const gained = new Set(differences.rolesGained.map(({ row }) => row));
  const renamed = new Map(differences.renamed.map(({ row, was }) => [row, was]));
  return (row) => {
    if (added.has(row)) return { since: 'new', was: null };
    const was = renamed.get(row);
    if (was !== undefined) return { since: 'renamed', was };
    return { since: gained.has(row) ? 'roleGained' : 'unchanged', was: null };
  };
};

/** What earlier rounds decided, the newest first, by ids in lower case. */
const decisionsByUser = async (
  directory: Directory,
  rounds: readonly Round[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly PastDecision[]>> => {
  const decisions = new Map<string, PastDecision[]>();
  for (const { review, instance } of rounds) {
    for await (const page of directory.reviewDecisions(review.id, instance.id, null, signal)) {
      for (const { principal, decision, reviewedBy, reviewedAt, justification } of page) {
        const told: PastDecision = {
          review: review.displayName,
          decision,
          by: reviewedBy && nameOf(reviewedBy),
          at: reviewedAt ?? instance.endsAt,
          justification,
        };
        const id = principal.id.toLowerCase();
        const there = decisions.get(id);
        if (there) there.push(told);
        else decisions.set(id, [told]);
      }
    }
  }
  return decisions;
};

/** Who sees whom, where managers review. */
const partsOf = (
  settings: Settings,
  held: ReadonlyMap<string, Held>,
  managers: ReadonlyMap<string, Manager>,
): readonly ReviewersPart[] => {
  if (!managersReview(settings)) return [];
  const parts = new Map<string, { readonly manager: Manager | null; readonly personIds: Set<string> }>();
  for (const id of held.keys()) {
    const manager = managers.get(id) ?? null;
    const part = parts.get(manager?.id ?? '') ?? { manager, personIds: new Set() };
    part.personIds.add(id);
    parts.set(manager?.id ?? '', part);
  }
  return [...parts.values()].sort((a, b) => ((a.manager?.name ?? '') < (b.manager?.name ?? '') ? -1 : 1));
};
