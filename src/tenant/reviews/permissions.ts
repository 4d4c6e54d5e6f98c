// Which permissions the routes of access reviews take.
// Source: https://learn.microsoft.com/graph/api/resources/accessreviewsv2-overview#role-and-application-permission-authorization-checks
import type { DirectoryRole } from '../directory-roles.ts';
import type { Permission } from '../permissions.ts';

const WRITE = ['AccessReview.ReadWrite.All'];
const READ = ['AccessReview.Read.All', ...WRITE];

const CREATORS: readonly DirectoryRole[] = ['User Administrator', 'Identity Governance Administrator'];
const READERS: readonly DirectoryRole[] = [...CREATORS, 'Global Reader', 'Security Administrator', 'Security Reader'];

const read: Permission = { delegated: [READ], application: [READ], roles: READERS };
const write: Permission = { delegated: [WRITE], application: [WRITE], roles: CREATORS };
/** Whoever is a reviewer needs no role; the rule looks at who that is, and refuses an application that is no person. */
const readOwn: Permission = { delegated: [READ], application: [READ] };
const decide: Permission = { delegated: [WRITE], application: [WRITE] };

const ROOT = '/identityGovernance/accessReviews';
const DEFINITION = `${ROOT}/definitions/{id}`;
const INSTANCE = `${DEFINITION}/instances/{id}`;
const OWN = 'filterByCurrentUser/{id}';

/** The decisions of an instance, or of a stage. */
const decisions = (path: string): Readonly<Record<string, Permission>> => ({
  [`GET ${path}/decisions`]: read,
  [`GET ${path}/decisions/${OWN}`]: readOwn,
  [`GET ${path}/decisions/{id}`]: read,
  [`PATCH ${path}/decisions/{id}`]: decide,
});

export const REVIEW_PERMISSIONS: Readonly<Record<string, Permission>> = {
  [`GET ${ROOT}/definitions`]: read,
  [`POST ${ROOT}/definitions`]: write,
  [`GET ${ROOT}/definitions/${OWN}`]: readOwn,
  [`GET ${DEFINITION}`]: read,
  [`PUT ${DEFINITION}`]: write,
  [`DELETE ${DEFINITION}`]: write,
  [`POST ${DEFINITION}/stop`]: write,
  [`GET ${DEFINITION}/instances`]: read,
  [`GET ${DEFINITION}/instances/${OWN}`]: readOwn,
  [`GET ${INSTANCE}`]: read,
  [`PATCH ${INSTANCE}`]: write,
  [`POST ${INSTANCE}/stop`]: write,
  [`POST ${INSTANCE}/sendReminder`]: write,
  [`POST ${INSTANCE}/applyDecisions`]: write,
  [`POST ${INSTANCE}/resetDecisions`]: write,
  [`POST ${INSTANCE}/batchRecordDecisions`]: decide,
  [`POST ${INSTANCE}/acceptRecommendations`]: decide,
  [`GET ${INSTANCE}/contactedReviewers`]: read,
  ...decisions(INSTANCE),
  [`GET ${INSTANCE}/stages`]: read,
  [`GET ${INSTANCE}/stages/${OWN}`]: readOwn,
  [`GET ${INSTANCE}/stages/{id}`]: read,
  [`POST ${INSTANCE}/stages/{id}/stop`]: write,
  ...decisions(`${INSTANCE}/stages/{id}`),
  // To read a history takes as much as to order one.
  [`GET ${ROOT}/historyDefinitions`]: write,
  [`POST ${ROOT}/historyDefinitions`]: write,
  [`GET ${ROOT}/historyDefinitions/{id}`]: write,
  [`GET ${ROOT}/historyDefinitions/{id}/instances`]: write,
  [`GET ${ROOT}/historyDefinitions/{id}/instances/{id}`]: write,
  [`POST ${ROOT}/historyDefinitions/{id}/instances/{id}/generateDownloadUri`]: write,
};
