// Licences that cover reviewing: which they are, and for how many people.
import type { Licence } from '../model/directory.ts';

/** Source: https://learn.microsoft.com/entra/identity/users/licensing-service-plan-reference */
export const PLANS = {
  p1: { id: '41781fb2-bc02-4b7c-bd55-b576c07bb09d', name: 'Microsoft Entra ID P1' },
  p2: { id: 'eec0eb4f-6444-4f95-aba0-50c24d67f998', name: 'Microsoft Entra ID P2' },
  governance: { id: 'e866a266-3cff-43a3-acca-0c90a7e00c8b', name: 'Microsoft Entra ID Governance' },
} as const;

export type Plan = keyof typeof PLANS;

/** Either will do for a review of an application. Source: https://learn.microsoft.com/entra/id-governance/licensing-fundamentals */
export const REVIEWING: readonly Plan[] = ['p2', 'governance'];
export const REVIEWING_TEXT = `${PLANS.p2.name} or ${PLANS.governance.name}`;

export const isInForce = ({ status }: Licence): boolean => status === 'Enabled' || status === 'Warning';
export const has = ({ servicePlans }: Licence, plan: Plan): boolean => servicePlans.includes(PLANS[plan].id);
export const mayReview = (licence: Licence): boolean => REVIEWING.some((plan) => has(licence, plan));
export const isReviewing = (licence: Licence): boolean => isInForce(licence) && mayReview(licence);

/** For how many people there are licences that cover reviewing. Who holds both plans is licensed once: the plan with more seats counts. */
export const reviewingSeats = (licences: readonly Licence[]): number => {
  const inForce = licences.filter(isReviewing);
  const seatsOf = (plan: Plan) =>
    inForce.filter((licence) => has(licence, plan)).reduce((sum, { seats }) => sum + seats, 0);
  return Math.max(...REVIEWING.map(seatsOf));
};
