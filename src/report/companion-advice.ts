// What speaks for refusing or keeping a person's access: only what was seen, each with its reason in words. Pure.
// Sign-ins through Entra are no evidence here: to these applications nobody signs in that way.
import type { Removal } from '../model/removal.ts';
import type { Peers, ReviewedAccount, ReviewedPerson } from '../model/review-context.ts';

/** `refuse`, `keep`: something speaks for it; `look`: worth a look; `none`: there is no evidence either way. */
export const WEIGHTS = ['refuse', 'look', 'none', 'keep'] as const;

export type Weight = (typeof WEIGHTS)[number];

export interface CompanionAdvice {
  readonly weight: Weight;
  /** Sentences, what weighs most first; empty where there is no evidence. */
  readonly reasons: readonly string[];
}

/** The day that ages are counted to, and the last review's, if there was one. `2026-12-01` */
export interface AdviceDays {
  readonly roster: string;
  readonly lastReview: string | null;
}

interface Reason {
  readonly weight: Exclude<Weight, 'none'>;
  readonly text: string;
}

const refuse = (text: string): Reason => ({ weight: 'refuse', text });
const look = (text: string): Reason => ({ weight: 'look', text });
const keep = (text: string): Reason => ({ weight: 'keep', text });

/** The advice about one person. The same facts always make the same. */
export const companionAdvice = (person: ReviewedPerson, days: AdviceDays): CompanionAdvice => {
  const isOne = new Set(person.accounts.map(({ key }) => key)).size <= 1;
  const reasons = [
    ...directoryReasons(person, days),
    ...person.accounts.flatMap((account) =>
      accountReasons(account, days).map(({ weight, text }) => ({
        weight,
        text: isOne ? text : `${account.key}: ${text}`,
      })),
    ),
    ...decisionReasons(person),
    ...person.roles.flatMap(({ name, peers }) => peerReasons(name, peers)),
  ];
  const told = WEIGHTS.flatMap((weight) => reasons.filter((reason) => reason.weight === weight));
  return { weight: told[0]?.weight ?? 'none', reasons: [...new Set(told.map(({ text }) => text))] };
};

const directoryReasons = ({ isEnabled, hasAccount }: ReviewedPerson, { roster }: AdviceDays): readonly Reason[] => [
  ...(isEnabled === false
    ? [refuse('Disabled in the directory: the person has left, or was created and has not been enabled yet.')]
    : []),
  ...(hasAccount === false ? [refuse(`The application's list of ${roster} has no account of this person.`)] : []),
];

/** So long without a login says that an access is not needed. Days. */
const LONG_UNUSED = 90;

const accountReasons = (
  { facts, role, since, was, removals }: ReviewedAccount,
  { roster, lastReview }: AdviceDays,
): readonly Reason[] => {
  const { enabled, lastLogin, ends, type } = facts;
  const reasons = removals.map(removalReason);
  if (enabled === false) reasons.push(refuse('Disabled in the application.'));
  if (ends !== null && dayOf(ends) < roster) reasons.push(refuse(`It was to end on ${dayOf(ends)}.`));
  if (lastLogin !== null) reasons.push(loginReason(lastLogin, roster));
  if (type === 'shared') reasons.push(look('A shared account, not one of this person alone.'));
  if (type === 'service') reasons.push(look("A service account, not a person's."));
  const last = lastReview === null ? 'the last review' : `the last review (${lastReview})`;
  if (since === 'new') reasons.push(look(`New since ${last}: nobody has reviewed it yet.`));
  if (since === 'renamed') reasons.push(look(`Renamed since ${last}: it was ${was}.`));
  if (since === 'roleGained' && role !== null) reasons.push(look(`${role} was gained since ${last}.`));
  return reasons;
};

const loginReason = (lastLogin: string, roster: string): Reason => {
  const day = dayOf(lastLogin);
  const age = Math.max(0, Math.round((Date.parse(roster) - Date.parse(day)) / DAY_MS));
  if (age >= LONG_UNUSED)
    return refuse(`No login in the application for ${age.toLocaleString('en-US')} days (${day}).`);
  const ago =
    age === 0 ? 'on the day of the list' : age === 1 ? '1 day before the list' : `${age} days before the list`;
  return keep(`Last login in the application ${ago} (${day}).`);
};

const DAY_MS = 86_400_000;

const dayOf = (moment: string): string => moment.slice(0, 10);

const removalReason = ({ state, cause, decidedAt, exception }: Removal): Reason => {
  if (state === 'excepted' && exception)
    return look(`Allowed to stay until ${dayOf(exception.until)} by ${exception.by}: ${sentence(exception.reason)}`);
  const still =
    state === 'claimedDone' || state === 'returned'
      ? 'it was said to be done, and is there'
      : 'it is still in the application';
  switch (cause.kind) {
    case 'denied': {
      const why = cause.justification === '' ? '' : ` ("${cause.justification}")`;
      return refuse(`Refused on ${dayOf(decidedAt)} by ${cause.decidedBy}${why}; ${still}.`);
    }
    case 'expired':
      return refuse(`Its end came on ${dayOf(cause.ended)}; ${still}.`);
    case 'withdrawn':
      return refuse(`Its assignment was taken away in the directory on ${dayOf(decidedAt)}; ${still}.`);
  }
};

/** A refusal that no removal follows up: what it was about is there all the same. A default is nobody's judgement. */
const decisionReasons = ({ decisions, accounts }: ReviewedPerson): readonly Reason[] => {
  const [last] = decisions;
  if (last?.decision !== 'Deny' || last.by === null) return [];
  const isFollowed = accounts.some(({ removals }) => removals.some(({ cause }) => cause.kind === 'denied'));
  if (isFollowed) return [];
  return [refuse(`Refused on ${dayOf(last.at)} by ${last.by}; the access is there all the same.`)];
};

/** Of so many people the only one stands out; and of more, so few where their share is as small. */
const ENOUGH_PEERS = 10;
const FEW = 3;
const RARE_SHARE = 0.05;

const peerReasons = (role: string, peers: Peers | null): readonly Reason[] => {
  if (peers === null || peers.people < ENOUGH_PEERS) return [];
  const { holders, people } = peers;
  const whole = `${people.toLocaleString('en-US')} ${among(peers)}`;
  if (holders === 1) return [look(`The only one of ${whole} with ${role}.`)];
  const isRare = holders <= FEW && holders <= RARE_SHARE * people;
  return isRare ? [look(`One of ${holders} with ${role}, of ${whole}.`)] : [];
};

/** `in Sales`, `under mia@contoso.com` */
export const among = ({ kind, name }: Peers): string => `${kind === 'department' ? 'in' : 'under'} ${name}`;

/** Text that others wrote, closed with a full stop. */
const sentence = (text: string): string => (/[.!?]$/.test(text.trimEnd()) ? text.trimEnd() : `${text.trimEnd()}.`);

/** The advice in few words, as a badge or a filter shows it. */
export const WEIGHT_LABELS: Readonly<Record<Weight, string>> = {
  refuse: 'Speaks for refusing',
  look: 'Worth a look',
  none: 'No evidence either way',
  keep: 'Speaks for keeping',
};
