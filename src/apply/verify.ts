// Compares the directory with what the roster calls for, and says why something is missing. Changes nothing.
import type { Clock } from '../model/clock.ts';
import type { Assignment, AuditEvent, Directory, ServicePrincipal } from '../model/directory.ts';
import { DirectoryError, failureText } from '../model/errors.ts';
import { PairSet } from '../model/pairs.ts';
import { INTEGRATED_TAG } from '../model/plan.ts';
import { patience } from './patience.ts';

/** An assignment that should be there. */
export interface Wanted {
  readonly row: number;
  readonly principalId: string;
  readonly principalName: string;
  readonly roleId: string;
  readonly roleName: string;
}

export interface VerifyInput {
  readonly directory: Directory;
  readonly servicePrincipal: ServicePrincipal;
  /** Asked for several times. */
  wanted(): AsyncIterable<Wanted>;
  readonly clock: Clock;
  /** How long to go on looking for what is missing; 0 looks once. Milliseconds. */
  readonly lagLimitMs: number;
  /** Where the directory's audit log is searched from, ISO 8601; null leaves it alone. */
  readonly explainSince: string | null;
  readonly signal?: AbortSignal;
}

export interface Missing extends Wanted {
  /** What the directory's audit log says of it, if anything. */
  readonly reason: string | null;
}

export interface Verification {
  /** How many assignments the roster calls for, and how many of them the directory has. */
  readonly wanted: number;
  readonly present: number;
  readonly missing: readonly Missing[];
  /** Assignments that the roster does not call for: somebody else made them, or their account is gone. */
  readonly unexpected: number;
  /** The first of them. */
  readonly unexpectedExamples: readonly Assignment[];
  /** Why the application could not be reviewed as it is, in words; nothing, if it could. */
  readonly notReviewable: readonly string[];
}

/** So many missing assignments are looked up in the audit log, which takes five requests in ten seconds. */
const EXPLAINED = 10;
const EXAMPLES = 20;

/** Reads all assignments of the application, again and again while some are missing and time is left. */
export const verifyAssignments = async (input: VerifyInput): Promise<Verification> => {
  const waiting = patience(input.clock, input.lagLimitMs, input.signal);
  for (;;) {
    const { lacking, ...seen } = await compare(input);
    if (lacking.size === 0) return { ...seen, missing: [] };
    if (await waiting.pause()) continue;
    return { ...seen, missing: await explain(lacking, input) };
  }
};

const compare = async (input: VerifyInput): Promise<Omit<Verification, 'missing'> & { lacking: PairSet }> => {
  const lacking = new PairSet();
  for await (const { principalId, roleId } of input.wanted()) lacking.add(principalId, roleId);
  const wanted = lacking.size;
  let unexpected = 0;
  const unexpectedExamples: Assignment[] = [];
  for await (const page of input.directory.assignments(input.servicePrincipal.id, input.signal)) {
    for (const assignment of page) {
      if (lacking.delete(assignment.principalId, assignment.appRoleId)) continue;
      unexpected += 1;
      if (unexpectedExamples.length < EXAMPLES) unexpectedExamples.push(assignment);
    }
  }
  const notReviewable = shortcomings(input.servicePrincipal);
  return { wanted, present: wanted - lacking.size, lacking, unexpected, unexpectedExamples, notReviewable };
};

/** What an access review asks of an application. Source: https://learn.microsoft.com/entra/id-governance/access-reviews-application-preparation */
const shortcomings = ({ tags, appRoleAssignmentRequired }: ServicePrincipal): readonly string[] => [
  ...(tags.includes(INTEGRATED_TAG) ? [] : [`its service principal lacks the tag ${INTEGRATED_TAG}`]),
  ...(appRoleAssignmentRequired ? [] : ['its service principal does not require assignment']),
];

const explain = async (lacking: PairSet, input: VerifyInput): Promise<readonly Missing[]> => {
  const missing: Missing[] = [];
  let unreadable: string | undefined;
  for await (const wanted of input.wanted()) {
    if (!lacking.has(wanted.principalId, wanted.roleId)) continue;
    let reason = unreadable ?? null;
    if (unreadable === undefined && missing.length < EXPLAINED) {
      reason = await auditReason(wanted, input).catch((error: unknown) => {
        // What is missing is to be told all the same.
        if (!(error instanceof DirectoryError)) throw error;
        unreadable = `the audit log could not be read: ${failureText(error.failure)}`;
        return unreadable;
      });
    }
    missing.push({ ...wanted, reason });
  }
  return missing;
};

const OF_AN_ASSIGNMENT = /app role assignment/i;

/** What happened to the assignment, else to the user; never what happened in another application. */
const auditReason = async ({ principalId }: Wanted, input: VerifyInput): Promise<string | null> => {
  if (input.explainSince === null) return null;
  const all = await input.directory.auditEvents(principalId, input.explainSince, input.signal);
  const isElsewhere = ({ activity, targetIds }: AuditEvent) =>
    OF_AN_ASSIGNMENT.test(activity) && !targetIds.includes(input.servicePrincipal.id);
  const events = all.filter((event) => !isElsewhere(event));
  const told =
    events.find(({ activity, result }) => OF_AN_ASSIGNMENT.test(activity) && result !== 'success') ??
    events.find(({ activity }) => /remove|delete/i.test(activity)) ??
    events.find(({ result }) => result !== 'success');
  return told ? `${told.at} ${told.activity}: ${told.reason || told.result}` : null;
};
