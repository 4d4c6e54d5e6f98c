// What is true of each row, said by whoever composed the row. Nothing here looks anything up or compares anything.

export type OutcomeName =
  | 'matched'
  | 'notQueried'
  | 'duplicate'
  | 'notMatched'
  | 'ambiguous'
  | 'queryFailed'
  | 'ignored';

export interface Truth {
  readonly outcome: OutcomeName;
  /** Why the row is in the example, in words. */
  readonly category: string;
  /** Who decides: a rule's number or `override`. */
  readonly by?: number | 'override';
  /** Of a matched row the user's name; of a row whose user is created the name that the user gets. */
  readonly user?: string;
  readonly notEnabled?: true;
  readonly created?: true;
  /** Display name of the role that the user ends up with. */
  readonly role?: string;
}

export interface ComposedRow {
  readonly cells: Readonly<Record<string, string>>;
  readonly truth: Truth;
}

const OUTCOMES: readonly OutcomeName[] = [
  'matched',
  'notQueried',
  'duplicate',
  'notMatched',
  'ambiguous',
  'queryFailed',
  'ignored',
];

/** Counts the truths: one number for each line of the example's summary. */
export const expectedOf = (application: string, rows: readonly ComposedRow[]): Record<string, unknown> => {
  const truths = rows.map(({ truth }) => truth);
  const count = (test: (truth: Truth) => unknown): number => truths.filter(test).length;
  const outcomes = Object.fromEntries(OUTCOMES.map((name) => [name, count(({ outcome }) => outcome === name)]));
  const holders = truths.filter(({ user }) => user !== undefined);
  const created = new Set(holders.filter((truth) => truth.created).map(({ user }) => fold(user!)));
  const held = holders.filter(({ role }) => role !== undefined);
  const assignments = new Map(held.map(({ user, role }) => [`${fold(user!)}\n${role}`, role!]));
  const withoutUser = count(({ outcome, created }) => outcome === 'notMatched' && !created);
  return {
    application,
    rows: rows.length,
    ...outcomes,
    notEnabled: count(({ notEnabled }) => notEnabled),
    created: created.size,
    assigned: assignments.size,
    roles: countBy([...assignments.values()]),
    needPerson: {
      withoutUser,
      ambiguous: outcomes['ambiguous'],
      notQueried: outcomes['notQueried'],
      duplicate: outcomes['duplicate'],
      notEnabled: count(({ notEnabled }) => notEnabled),
      created: created.size,
      withoutRole: holders.length - held.length,
    },
    categories: countBy(truths.map(({ outcome, category }) => `${outcome}: ${category}`)),
  };
};

const fold = (userPrincipalName: string): string => userPrincipalName.toLowerCase();

const countBy = (values: readonly string[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const value of values.toSorted()) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
};
