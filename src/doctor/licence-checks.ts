// Licences: service plans against what the configuration uses, and seats against people.
import type { Licence } from '../model/directory.ts';
import type { ReviewSettings } from '../model/settings.ts';
import {
  has,
  isInForce,
  isReviewing,
  mayReview,
  PLANS,
  type Plan,
  REVIEWING,
  REVIEWING_TEXT,
  reviewingSeats,
} from '../review/licences.ts';
import { type Check, count, type Found } from './check.ts';
import { namedIn } from './reviewer-check.ts';

export interface LicenceInput {
  /** Null where they may not be read. */
  readonly licences: readonly Licence[] | null;
  readonly review: ReviewSettings | null;
  /** Accounts in the source: at most so many people are reviewed. Undefined where it could not be read. */
  readonly accounts: number | undefined;
}

/** Finding, creating and assigning users needs no licence; reviewing their access does. */
export const licenceChecks = ({ licences, review, accounts }: LicenceInput): readonly Check[] => {
  if (licences === null) return [{ name: 'licences', ...notReadable(review) }];
  const checks: Check[] = [{ name: 'licences', ...planFound(licences, review) }];
  if (review && accounts !== undefined && licences.some(isReviewing))
    checks.push({ name: 'seats', ...seatsFound(licences, review, accounts) });
  return checks;
};

const notReadable = (review: ReviewSettings | null): Found =>
  review === null
    ? { status: 'ok', found: 'nothing that the configuration uses needs a licence' }
    : {
        status: 'warning',
        found: 'the licences may not be read, and reviewing the access needs one',
        remedy: `Ask for Organization.Read.All, or look in the Microsoft Entra admin center under Billing, Licenses, whether there is ${REVIEWING_TEXT}.`,
      };

const planFound = (licences: readonly Licence[], review: ReviewSettings | null): Found => {
  const inForce = licences.filter(isInForce);
  const plans = (Object.keys(PLANS) as Plan[]).filter((plan) => inForce.some((licence) => has(licence, plan)));
  const ended = licences.filter((licence) => mayReview(licence) && !isInForce(licence));
  const ending = licences.filter((licence) => mayReview(licence) && licence.status === 'Warning');
  const details = {
    plans: plans.map((plan) => PLANS[plan]),
    ended: ended.map(({ name, status }) => ({ name, status })),
    ending: ending.map(({ name }) => name),
    needed: review === null ? [] : REVIEWING.map((plan) => PLANS[plan].name),
  };
  const found = [
    `there is ${plans.length === 0 ? 'no Microsoft Entra ID plan' : plans.map((plan) => PLANS[plan].name).join(', ')}`,
    ...ended.map(({ name, status }) => `${name} has ended (${status})`),
    ...ending.map(({ name }) => `${name} has run out and ends soon`),
    review === null ? 'nothing that the configuration uses needs one' : `reviewing needs ${REVIEWING_TEXT}`,
  ].join('; ');
  const remedy = review === null ? undefined : planRemedy(plans, ended, ending);
  return { status: remedy === undefined ? 'ok' : 'warning', found, ...(remedy && { remedy }), details };
};

const planRemedy = (
  plans: readonly Plan[],
  ended: readonly Licence[],
  ending: readonly Licence[],
): string | undefined => {
  const names = (some: readonly Licence[]) => some.map(({ name }) => name).join(' and ');
  if (!REVIEWING.some((plan) => plans.includes(plan)))
    return ended.length > 0
      ? `Ask whoever buys licences: Please renew ${names(ended)}, or get ${REVIEWING_TEXT}; until then no access review runs. It takes up to 8 hours until a renewal counts.`
      : `Ask whoever buys licences: Please get ${REVIEWING_TEXT} for everybody who is reviewed and everybody who reviews. Finding, creating and assigning users works without.`;
  if (!plans.includes('p1') && !plans.includes('p2'))
    return `Ask whoever buys licences: ${PLANS.governance.name} stands on ${PLANS.p1.name} or P2; please get one of them for the same people.`;
  if (ending.length > 0) return `Ask whoever buys licences: Please renew ${names(ending)} before it ends.`;
  return undefined;
};

const seatsFound = (licences: readonly Licence[], review: ReviewSettings, accounts: number): Found => {
  const seats = reviewingSeats(licences);
  const reviewers = namedIn(review).length;
  const needed = accounts + reviewers;
  const people = `at most ${count(accounts)} people reviewed and ${count(reviewers)} ${reviewers === 1 ? 'reviewer' : 'reviewers'}`;
  const details = { seats, needed, reviewed: accounts, reviewers };
  const found = `${count(seats)} seats for ${people}`;
  if (seats >= needed) return { status: 'ok', found, details };
  return {
    status: 'warning',
    found,
    remedy: `Ask whoever buys licences: Please add ${needed - seats === 1 ? 'one seat' : `${count(needed - seats)} seats`} of ${REVIEWING_TEXT}: each person who is reviewed and each who reviews needs one. Nothing stops without them; it is what the contract asks for.`,
    details,
  };
};
