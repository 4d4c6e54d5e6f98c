// Plan, as a command runs it: takes outcomes, reads the directory, saves the plan, records it. Writes nothing else.
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Roster } from '../model/account.ts';
import type { Directory, DirectoryWriter } from '../model/directory.ts';
import { RollcallError } from '../model/errors.ts';
import type { PlanHeader } from '../model/plan.ts';
import type { Settings } from '../model/settings.ts';
import { type ActualState, directoryState, readActual } from '../plan/actual.ts';
import { estimate } from '../plan/estimate.ts';
import { openPlan, type PlanFile, writePlan } from '../plan/file.ts';
import { guardStops } from '../plan/guards.ts';
import { type PlanInput, planChanges } from '../plan/plan.ts';
import type { Matching } from '../store/store.ts';
import { type Cost, measured, type Work } from '../work.ts';
import { assignmentsWithoutAccount } from './drift.ts';
import { wantedRows } from './removals.ts';

export interface PlanChoices {
  /** The file, in place of one beside the state. */
  readonly to?: string;
  /** Whether assignments whose account is gone are to be taken away. */
  readonly unassign?: boolean | undefined;
}

/** Outcomes → plan. Saved beside the state, unless a file is named. Writes nothing to the directory. */
export const plan = async (
  work: Work,
  roster: Roster,
  matching: Matching,
  choices: PlanChoices = {},
): Promise<{ plan: PlanFile; actual: ActualState; cost: Cost }> => {
  const { settings, store } = work;
  const { result, cost } = await measured(work, async () => {
    const directory = await work.connect();
    const actual = await readActual(directory, settings.application, work.signal);
    await sweepPlans(settings);
    const createdAt = new Date(work.clock.now()).toISOString();
    const name = `${settings.application.uniqueName}-${createdAt.replaceAll(/[-:]|\.\d+/g, '')}.plan.jsonl`;
    const file = choices.to ?? join(settings.stateFolder, 'plans', name);
    await savePlan(work, directory, actual, roster, matching, { createdAt, file, unassign: choices.unassign });
    return { plan: await openPlan(file), actual };
  });
  const { footer, header } = result.plan;
  await store.rememberPlan(settings.application.uniqueName, footer.hash, result.plan.file, header.createdAt);
  const { hash, counts, guards, problems } = footer;
  work.evidence.append({
    kind: 'planned',
    data: {
      plan: hash,
      roster: roster.hash,
      configuration: settings.hash,
      directory: header.directory,
      counts,
      guards,
      problems,
    },
  });
  return { ...result, cost };
};

/** Clears away what a killed process left half written. To be called by the holder of the application's lease. */
export const sweepPlans = async ({ stateFolder, application }: Settings): Promise<void> => {
  const folder = join(stateFolder, 'plans');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const name of await readdir(folder)) {
    const rest = name.startsWith(`${application.uniqueName}-`) ? name.slice(application.uniqueName.length + 1) : '';
    if (LEFT_OVER.test(rest)) await rm(join(folder, name), { force: true });
  }
};

const LEFT_OVER = /^(?:\d+\.check(?:\.[0-9a-f]{8}\.part)?|\w+\.plan\.jsonl\.[0-9a-f]{8}\.part)$/;

/** What a plan of any kind rests on, as its header says it. */
export const planBasis = (
  { application, hash }: Pick<Settings, 'application' | 'hash'>,
  actual: Omit<ActualState, 'isAssigned' | 'verifiedDomains'>,
  roster: Pick<Roster, 'hash'>,
  matching: Pick<Matching, 'digest'>,
  createdAt: string,
): Omit<PlanHeader, 'about' | 'unassign'> => ({
  rollcallPlan: 1,
  application: {
    displayName: application.displayName,
    uniqueName: application.uniqueName,
    applicationId: actual.application?.id ?? null,
    appId: actual.application?.appId ?? null,
    servicePrincipalId: actual.servicePrincipal?.id ?? null,
  },
  createdAt,
  roster: roster.hash,
  configuration: hash,
  directory: directoryState(actual, matching.digest),
  tenantId: actual.tenantId,
});

/** Writes the plan file. */
export const savePlan = async (
  work: Work,
  directory: Directory & DirectoryWriter,
  actual: ActualState,
  roster: Roster,
  matching: Matching,
  { createdAt, file, unassign }: PlanChoices & { readonly createdAt: string; readonly file: string },
): Promise<void> => {
  const { settings } = work;
  const basis = planBasis(settings, actual, roster, matching, createdAt);
  const header = { ...basis, about: 'access' as const, ...(unassign && { unassign: true as const }) };
  let newUserRows = 0;
  const onNewUserRow = () => {
    newUserRows += 1;
  };
  const rows = await wantedRows(work, roster, matching);
  const input = planInput(work, directory, actual, roster, rows);
  const gone = unassign ? { unassign: await assignmentsWithoutAccount(work, directory, actual, roster, matching) } : {};
  const records = planChanges({ ...input, ...gone, onNewUserRow });
  await writePlan(file, header, records, (counts) => ({
    newUserRows,
    guards: guardStops(counts, roster.rows, settings.guards),
    estimate: estimate(counts, actual.assignmentCount, directory.writesPerRequest),
  }));
};

const planInput = (
  { settings, signal }: Work,
  directory: Directory,
  actual: ActualState,
  roster: Roster,
  rows: PlanInput['rows'],
): PlanInput => ({
  settings,
  columns: roster.columns,
  rows,
  actual,
  taken: (names) => takenNames(directory, names, signal),
});

const takenNames = async (
  directory: Directory,
  names: readonly string[],
  signal?: AbortSignal,
): Promise<ReadonlySet<string>> => {
  const size = directory.limits.valuesPerLookup;
  const lookups = Array.from({ length: Math.ceil(names.length / size) }, (_, i) => ({
    attribute: 'userPrincipalName',
    operator: 'equals' as const,
    values: names.slice(i * size, (i + 1) * size),
  }));
  const taken = new Set<string>();
  for await (const answer of directory.findUsers(lookups, ['id', 'userPrincipalName'], signal)) {
    if ('failure' in answer) {
      throw new RollcallError(
        `Whether the users to create exist already could not be found out: ${answer.failure.message}`,
        'Run the same command again.',
      );
    }
    for (const user of answer.users) taken.add(String(user['userPrincipalName']).toLowerCase());
  }
  return taken;
};
