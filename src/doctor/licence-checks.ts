// Licences: service plans against what the configuration uses, and seats against people.
import type { Licence } from '../model/directory.ts';
import type { ReviewSettings } from '../model/settings.ts';
import { type Check, count, type Found } from './check.ts';
import { namedIn } from './reviewer-check.ts';

/** Source: https://learn.microsoft.com/entra/identity/users/licensing-service-plan-reference */
const PLANS = {
  p1: { id: '41781fb2-bc02-4b7c-bd55-b576c07bb09d', name: 'Microsoft Entra ID P1' },
  p2: { id: 'eec0eb4f-6444-4f95-aba0-50c24d67f998', name: 'Microsoft Entra ID P2' },
  governance: { id: 'e866a266-3cff-43a3-acca-0c90a7e00c8b', name: 'Microsoft Entra ID Governance' },
} as const;

type Plan = keyof typeof PLANS;

/** Either will do for a review of an application. Source: https://learn.microsoft.com/entra/id-governance/licensing-fundamentals */
const REVIEWING: readonly Plan[] = ['p2', 'governance'];
const REVIEWING_TEXT = `${PLANS.p2.name} or ${PLANS.governance.name}`;

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
    checks.push({ name: 'seats', ...seatsFound(licences.filter(isReviewing), review, accounts) });
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

const isInForce = ({ status }: Licence): boolean => status === 'Enabled' || status === 'Warning';
const has = ({ servicePlans }: Licence, plan: Plan): boolean => servicePlans.includes(PLANS[plan].id);
const mayReview = (licence: Licence): boolean => REVIEWING.some((plan) => has(licence, plan));
const isReviewing = (licence: Licence): boolean => isInForce(licence) && mayReview(licence);

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

/** People who hold both plans are licensed once, so the plan with more seats counts. */
const seatsFound = (licences: readonly Licence[], review: ReviewSettings, accounts: number): Found => {
  const seatsOf = (plan: Plan) =>
    licences.filter((licence) => has(licence, plan)).reduce((sum, { seats }) => sum + seats, 0);
  const seats = Math.max(...REVIEWING.map(seatsOf));
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
