// A decision: what a reviewer, or whoever answers for the application, said of one access.

/** Source: https://learn.microsoft.com/graph/api/resources/accessreviewinstancedecisionitem */
export type DecisionKind = 'Approve' | 'Deny' | 'DontKnow' | 'NotReviewed';

export type ApplyResult =
  | 'New'
  | 'AppliedSuccessfully'
  | 'AppliedWithUnknownFailure'
  | 'AppliedSuccessfullyButObjectNotFound'
  | 'ApplyNotSupported';

/** Times are ISO 8601, UTC. */
export interface Decision {
  readonly id: string;
  /** The definition, its instance, and the stage; null where the review has no stages. */
  readonly reviewId: string;
  readonly instanceId: string;
  readonly stageId: string | null;
  /** The user whose access it is about. */
  readonly principalId: string;
  /** The role's display name; null where the decision is about all that the user holds. */
  readonly role: string | null;
  readonly decision: DecisionKind;
  /** For people: a user principal name, or what stands in its place where a default decided. */
  readonly reviewedBy: string;
  readonly applyResult: ApplyResult;
  readonly justification: string;
  readonly at: string;
}
