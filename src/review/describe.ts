// What reviewers read in the review itself: who has access, what roles mean, what changed since the last review. Pure.

/** A role as its reviewers are told of it. */
export interface RoleTold {
  readonly name: string;
  /** Null where nobody has said what it means. */
  readonly description: string | null;
  /** How many people hold it. */
  readonly people: number;
}

/** What is different between two rosters, counted. */
export interface ChangeCounts {
  readonly added: number;
  readonly gone: number;
  readonly renamed: number;
  readonly rolesGained: number;
  readonly rolesLost: number;
}

export interface Described {
  /** People under review. */
  readonly people: number;
  readonly roster: { readonly rows: number; readonly collectedAt: string };
  readonly roles: readonly RoleTold[];
  /** The review before this one; null for the first. `changes` is null where its roster is not known any more. */
  readonly last: { readonly on: string; readonly changes: ChangeCounts | null } | null;
}

/**
 * How long a description is at most. Graph's documents name no limit; of a text for reviewers the first 256 characters
 * stand in the mail to them, so that what says most stands first.
 *
 * Source: https://learn.microsoft.com/graph/api/resources/accessreviewscheduledefinition
 */
const LONGEST = 2000;
const LONGEST_ROLE = 300;

/** The description for reviewers, after what the administrator says to them. */
export const describeAccess = (described: Described): string => {
  const { people, roster, roles } = described;
  const access = `${count(people, 'person has', 'people have')} access, of ${count(roster.rows, 'account that was', 'accounts that were')} collected on ${day(roster.collectedAt)}.`;
  return withRoles([access, lastText(described)].filter(Boolean).join(' '), roles);
};

/** What administrators read besides: the roster that the review rests on, and what changed. */
export const describeBasis = (described: Described, rosterHash: string): string =>
  [`It rests on the roster of ${day(described.roster.collectedAt)} (${rosterHash}).`, lastText(described)]
    .filter(Boolean)
    .join(' ');

const lastText = ({ last }: Described): string => {
  if (last === null) return '';
  if (last.changes === null) return `The last review was on ${last.on}.`;
  return `Since the last review (${last.on}) ${changesText(last.changes)}.`;
};

/** `3 accounts came, 1 went` */
export const changesText = ({ added, gone, renamed, rolesGained, rolesLost }: ChangeCounts): string => {
  const parts = [
    added > 0 && `${count(added, 'account', 'accounts')} came`,
    gone > 0 && `${count(gone, 'account', 'accounts')} went`,
    renamed > 0 && `${count(renamed, 'account was', 'accounts were')} renamed`,
    rolesGained > 0 && `${count(rolesGained, 'role was', 'roles were')} gained`,
    rolesLost > 0 && `${count(rolesLost, 'role was', 'roles were')} lost`,
  ].filter((part) => part !== false);
  return parts.length === 0 ? 'the list of accounts has not changed' : parts.join(', ');
};

/**
 * A line for each role, as long as there is room; those that people have described come first. One role that everybody
 * holds, and nobody has described, says nothing.
 */
const withRoles = (text: string, roles: readonly RoleTold[]): string => {
  if (roles.length === 1 && roles[0]!.description === null) return text;
  const told = [
    ...roles.filter(({ description }) => description !== null),
    ...roles.filter(({ description }) => description === null),
  ];
  let whole = text;
  for (const [index, role] of told.entries()) {
    const more = `\nand ${count(told.length - index, 'more role', 'more roles')}`;
    const next = `${whole}\n${roleText(role)}`;
    const isLast = index === told.length - 1;
    if (next.length + (isLast ? 0 : LONGEST_MORE) > LONGEST) return `${whole}${more}`;
    whole = next;
  }
  return whole;
};

/** Room for `and 1,499 more roles`. */
const LONGEST_MORE = 30;

const roleText = ({ name, description, people }: RoleTold): string => {
  const holders = `${shortened(name, LONGEST_ROLE)} (${count(people, 'person', 'people')})`;
  return description === null ? holders : `${holders}: ${shortened(description, LONGEST_ROLE)}`;
};

/** In one line, whatever the text holds. */
const shortened = (text: string, longest: number): string => {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= longest ? line : `${line.slice(0, longest - 1).trimEnd()}…`;
};

const count = (n: number, one: string, many: string): string =>
  `${n === 1 ? '1' : n.toLocaleString('en-US')} ${n === 1 ? one : many}`;

const day = (moment: string): string => moment.slice(0, 10);
