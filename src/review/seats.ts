// Whether there are seats for everybody whom a review takes: each person who is reviewed, and each who reviews.
import type { Licence } from '../model/directory.ts';
import type { GuardStop } from '../model/plan.ts';
import { isInForce, isReviewing, mayReview, REVIEWING_TEXT, reviewingSeats } from './licences.ts';

export interface SeatsInput {
  /** Null where they may not be read. */
  readonly licences: readonly Licence[] | null;
  /** Ids of those whose access is reviewed, and of those who review, in lower case. */
  readonly reviewed: ReadonlySet<string>;
  readonly reviewers: ReadonlySet<string>;
}

/** What stands against it, and what a person should know where the licences may not be read. */
export interface Seats {
  readonly guards: readonly GuardStop[];
  readonly notes: readonly string[];
}

/** Source: https://learn.microsoft.com/entra/id-governance/licensing-fundamentals */
export const seatsFor = ({ licences, reviewed, reviewers }: SeatsInput): Seats => {
  // Whoever reviews others and is reviewed takes one seat.
  const needed = new Set([...reviewed, ...reviewers]).size;
  const people = `${peopleText(needed)} (${reviewed.size} reviewed, ${reviewers.size} reviewing)`;
  if (licences === null)
    return {
      guards: [],
      notes: [
        `Whether there are licences for ${people} is not known: they may not be read. Ask for LicenseAssignment.Read.All, or look in the Microsoft Entra admin center under Billing, Licenses, for ${REVIEWING_TEXT}.`,
      ],
    };
  const stop = (message: string): Seats => ({ guards: [{ guard: 'seats', message }], notes: [] });
  if (!licences.some(isReviewing)) {
    const ended = licences.filter((licence) => mayReview(licence) && !isInForce(licence));
    const names = ended.map(({ name, status }) => `${name} has ended (${status})`).join(', ');
    return stop(
      `no licence covers reviewing${names && `: ${names}`}, and without one no access review runs. Ask whoever buys licences: Please ${ended.length > 0 ? 'renew it, or get' : 'get'} ${REVIEWING_TEXT} for ${people}.`,
    );
  }
  const seats = reviewingSeats(licences);
  if (seats >= needed) return { guards: [], notes: [] };
  return stop(
    `the licences are for ${peopleText(seats)}, and the review takes ${people}. Ask whoever buys licences: Please add ${needed - seats === 1 ? 'one seat' : `${needed - seats} seats`} of ${REVIEWING_TEXT}. The directory starts the review without; it is what the contract asks for.`,
  );
};

const peopleText = (n: number): string => (n === 1 ? 'one person' : `${n} people`);
