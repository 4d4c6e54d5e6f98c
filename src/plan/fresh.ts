// Whether a saved plan still says what planning again would say; and if not, in what it differs.
import { NeedsPersonError } from '../model/errors.ts';
import { canonicalJson } from '../model/hash.ts';
import type { Action, DirectoryState, PlanHeader, PlanRecord, PlanStep } from '../model/plan.ts';
import type { ReviewOrder } from '../model/review.ts';

/** What the plan rests on has changed. `differences` are sentences, the first few of them. */
export class StalePlanError extends NeedsPersonError {
  override readonly name = 'StalePlanError';
  readonly differences: readonly string[];
  constructor(differences: readonly string[]) {
    super(
      `The plan does not fit any more:\n${differences.map((line) => `  - ${line}`).join('\n')}`,
      'Nothing was written to the directory. Make the plan again with "rollcall plan", read it, and apply that one.',
    );
    this.differences = differences;
  }
}

/** How many differences are told in full. */
const SHOWN = 10;

/** Differences of the roster, the configuration and the tenant, which nothing excuses. */
export const headerDifferences = (
  saved: PlanHeader,
  now: Pick<PlanHeader, 'roster' | 'configuration' | 'tenantId'>,
): string[] => {
  const differences: string[] = [];
  if (saved.tenantId !== now.tenantId)
    differences.push(`it was made for the tenant ${saved.tenantId}, not for ${now.tenantId}`);
  if (saved.roster !== now.roster)
    differences.push(`it was made from the roster ${saved.roster}; the newest is ${now.roster}`);
  if (saved.configuration !== now.configuration) {
    differences.push(`the configuration was ${saved.configuration}; it is ${now.configuration} now`);
  }
  return differences;
};

/** Differences of the directory, told part by part. */
export const directoryDifferences = (saved: DirectoryState, now: DirectoryState): string[] => {
  const differences: string[] = [];
  if (saved.application !== now.application) {
    const gone = now.application === 'none';
    const came = saved.application === 'none';
    differences.push(
      `the application ${came ? 'has been registered since' : gone ? 'is not registered any more' : 'or its roles have changed'}`,
    );
  }
  if (saved.assignments !== now.assignments) {
    const counts = `${saved.assignmentCount} then, ${now.assignmentCount} now`;
    differences.push(`the assignments of the application have changed: ${counts}`);
  }
  if (saved.outcomes !== now.outcomes)
    differences.push('who the accounts are, or who of them can sign in, has changed in the directory');
  return differences;
};

/** The same change has the same key in every plan over the same roster, whatever its place there. */
export const actionKey = (action: Action): string => {
  if (action.kind === 'assign') return `assign ${action.row} ${action.roleId}`;
  if (action.kind === 'unassign') return `unassign ${action.principalId} ${action.roleId}`;
  return action.kind === 'createUser' ? `createUser ${action.row}` : action.kind;
};

/** A saved action, and what planning again makes of it: undefined where the directory has it already. */
type Pairing = { readonly saved: Action; readonly now: Action | undefined } | { readonly leftOver: Action };

/**
 * Walks a saved plan and a new one side by side. Both come from the same roster in the same order, so that each new
 * action stands in the saved plan at the same place or later; one that does not is left over, and reported as such.
 */
async function* pair(saved: AsyncIterable<PlanRecord>, now: AsyncIterable<PlanRecord>): AsyncGenerator<Pairing> {
  const fresh = actions(now);
  let next = await fresh.next();
  for await (const action of actions(saved)) {
    if (!next.done && actionKey(next.value) === actionKey(action)) {
      yield { saved: action, now: next.value };
      next = await fresh.next();
    } else yield { saved: action, now: undefined };
  }
  for (; !next.done; next = await fresh.next()) yield { leftOver: next.value };
}

/**
 * The steps that are left of a saved plan: its own numbers, with the users that exist by now in the place of those
 * that it makes. Only for plans that have been found to fit.
 */
export async function* remainingSteps(
  saved: AsyncIterable<PlanRecord>,
  now: AsyncIterable<PlanRecord>,
): AsyncGenerator<PlanStep> {
  /** The number of a new plan's createUser → its number in the saved plan. */
  const savedNumber = new Map<number, number>();
  for await (const pairing of pair(saved, now)) {
    if ('leftOver' in pairing) continue;
    const { saved: action, now: again } = pairing;
    if (again === undefined) {
      yield { action, isNeeded: false };
      continue;
    }
    if (again.kind === 'createUser') savedNumber.set(again.n, action.n);
    const principal =
      again.kind === 'assign' && 'createdBy' in again.principal
        ? { principal: { createdBy: savedNumber.get(again.principal.createdBy)! } }
        : {};
    yield { action: { ...again, ...principal, n: action.n } as Action, isNeeded: true };
  }
}

async function* actions(records: AsyncIterable<PlanRecord>): AsyncGenerator<Action> {
  for await (const record of records) if ('action' in record) yield record.action;
}

/**
 * Compares the actions of a plan that was begun before with those of planning again. What the earlier attempt has
 * tried may be done or not; everything else must be the same.
 */
export const actionDifferences = async (
  saved: AsyncIterable<PlanRecord>,
  now: AsyncIterable<PlanRecord>,
  wasTried: (n: number) => boolean,
): Promise<string[]> => {
  const differences: string[] = [];
  let more = 0;
  const tell = (text: string) => {
    if (differences.length < SHOWN) differences.push(text);
    else more += 1;
  };
  for await (const pairing of pair(saved, now)) {
    if ('leftOver' in pairing) tell(`planning again wants what the plan lacks: ${describe(pairing.leftOver)}`);
    else if (pairing.now === undefined) {
      if (!wasTried(pairing.saved.n)) tell(`no longer needed, or no longer possible: ${describe(pairing.saved)}`);
    } else if (!isSame(pairing.saved, pairing.now, wasTried) && !wasTried(pairing.saved.n)) {
      tell(`planned: ${describe(pairing.saved)}; planning again: ${describe(pairing.now)}`);
    }
  }
  if (more > 0) differences.push(`and ${more} more`);
  return differences;
};

/** Whether two actions of the same key say the same, apart from what depends on their places in their plans. */
const isSame = (saved: Action, now: Action, wasTried: (n: number) => boolean): boolean => {
  if (saved.kind !== 'assign' || now.kind !== 'assign')
    return canonicalJson({ ...saved, n: 0 }) === canonicalJson({ ...now, n: 0 });
  const bothMade = 'createdBy' in saved.principal && 'createdBy' in now.principal;
  const madeSince = 'createdBy' in saved.principal && 'user' in now.principal && wasTried(saved.principal.createdBy);
  const sameUser = 'user' in saved.principal && 'user' in now.principal && saved.principal.user === now.principal.user;
  return bothMade || madeSince || sameUser;
};

/** An action in one line, for people. */
export const describe = (action: Action): string => {
  switch (action.kind) {
    case 'createApplication':
      return `register the application "${action.displayName}" (unique name ${action.uniqueName})`;
    case 'createServicePrincipal':
      return `create its service principal, so that "${action.displayName}" is an enterprise application`;
    case 'addAppRoles':
      return `add the role${action.roles.length > 1 ? 's' : ''} ${action.roles.map((role) => `"${role.displayName}"`).join(', ')}`;
    case 'addTags':
      return `tag it as integrated (${action.tags.join(', ')})`;
    case 'requireAssignment':
      return 'require assignment: without it the application cannot be reviewed; users who are not assigned can no longer sign in to it through Entra';
    case 'createUser':
      return `create the user ${action.properties['userPrincipalName']} (${action.properties['displayName']}), disabled, for row ${action.row}`;
    case 'assign':
      return `assign ${action.principalName} the role "${action.roleName}" (row ${action.row})`;
    case 'unassign':
      return `take the role "${action.roleName}" from ${action.principalName}: no account of the newest roster calls for it`;
    case 'startReview':
      return startText(action.order);
    case 'stopReview':
      return `stop "${action.name}": what is decided by then stands, and nobody can decide any more`;
    case 'stopSeries':
      return `stop "${action.name}" for good: no further round begins, and one that runs ends now`;
    case 'remindReviewers':
      return `remind the reviewers of "${action.name}" who have not finished`;
    case 'applyDecisions':
      return `apply the decisions of "${action.name}": ${refusedText(action.refused)}`;
    case 'decide':
      return `${DECIDE_WORDS[action.decision]} ${action.principalName}${action.justification ? `: ${action.justification}` : ''}`;
    default:
      return action satisfies never;
  }
};

const refusedText = (refused: number): string => {
  if (refused === 0) return 'the access of nobody was refused';
  return `the access of ${refused === 1 ? 'one person' : `${refused} people`} was refused, and is removed`;
};

const DECIDE_WORDS = {
  Approve: 'approve the access of',
  Deny: 'refuse the access of',
  DontKnow: 'leave open the access of',
  NotReviewed: 'take back what was decided about',
} as const;

const RECURS = {
  once: 'once',
  weekly: 'each week',
  monthly: 'each month',
  quarterly: 'each quarter',
  halfYearly: 'each half-year',
  yearly: 'each year',
} as const;

const startText = (order: ReviewOrder): string => {
  const stages = order.stages.map(({ reviewers, durationInDays }) => {
    const who = reviewers.map((one) => (one.kind === 'manager' ? 'their managers' : one.name)).join(', ');
    return `${durationInDays} days by ${who || 'nobody'}`;
  });
  const end = order.default === 'none' ? 'stays' : `is decided: ${order.default}`;
  const applying = order.autoApply
    ? 'refused access is removed at its end'
    : 'refused access is removed when you apply it';
  return `start the review "${order.displayName}", ${RECURS[order.recurrence]} from ${order.startsOn}: ${stages.join(', then ')}; what nobody decides about ${end}; ${applying}`;
};
