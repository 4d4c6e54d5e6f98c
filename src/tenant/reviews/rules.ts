// What a definition must be: Graph's rules for creating and replacing one.
// Sources: https://learn.microsoft.com/graph/api/accessreviewset-post-definitions, …/accessreviewscheduledefinition-update
import { isDeepStrictEqual } from 'node:util';
import { malformed } from '../errors.ts';
import { DAY_MS, INTERVALS, midnight, type Recurrence } from './schedule.ts';
import {
  checkNames,
  durationDays,
  isPlain,
  type Plain,
  type Reviewer,
  readReviewers,
  readScope,
  type Scope,
} from './scopes.ts';

export interface Settings {
  readonly mailNotificationsEnabled: boolean;
  readonly reminderNotificationsEnabled: boolean;
  readonly justificationRequiredOnApproval: boolean;
  readonly recommendationsEnabled: boolean;
  readonly defaultDecisionEnabled: boolean;
  readonly defaultDecision: 'Approve' | 'Deny' | 'Recommendation' | 'None';
  readonly autoApplyDecisionsEnabled: boolean;
  readonly instanceDurationInDays: number;
  readonly recurrence: Recurrence | null;
  readonly recommendationLookBackDuration: string | null;
  readonly recommendationInsightSettings: readonly Plain[];
  readonly [other: string]: unknown;
}

export interface StageSettings {
  readonly stageId: string;
  readonly dependsOn: readonly string[];
  readonly durationInDays: number;
  readonly recommendationsEnabled: boolean;
  readonly decisionsThatWillMoveToNextStage: readonly string[];
  readonly reviewers: readonly Plain[];
  readonly fallbackReviewers: readonly Plain[];
  readonly recommendationInsightSettings: readonly Plain[];
}

/** What of a definition the client says. */
export interface Checked {
  readonly displayName: string;
  readonly descriptionForAdmins: string | null;
  readonly descriptionForReviewers: string | null;
  readonly scope: Plain;
  readonly instanceEnumerationScope: null;
  readonly reviewers: readonly Plain[];
  readonly fallbackReviewers: readonly Plain[];
  readonly stageSettings: readonly StageSettings[];
  readonly settings: Settings;
  readonly additionalNotificationRecipients: readonly Plain[];
}

const WRITABLE = [
  'displayName',
  'descriptionForAdmins',
  'descriptionForReviewers',
  'scope',
  'reviewers',
  'fallbackReviewers',
  'stageSettings',
  'settings',
  'additionalNotificationRecipients',
  'instanceEnumerationScope',
];
/** The service's own; in a full replacement they come along and change nothing. */
const KEPT = ['id', 'status', 'createdBy', 'createdDateTime', 'lastModifiedDateTime', '@odata.context', '@odata.type'];
const MOST_STAGES = 3;
const MOST_LOOK_BACK_DAYS = 30;
/** As long as the longest interval between two instances. */
const MOST_DAYS = 365;

const invalid = (name: string) =>
  malformed(`Invalid value specified for property '${name}' of resource 'AccessReviewScheduleDefinition'.`);

const required = (name: string) =>
  malformed(`The property '${name}' of resource 'AccessReviewScheduleDefinition' is required.`);

/** Checks a definition as it is created or replaced, and what it speaks of but people and applications. */
export const checkDefinition = (body: Plain, isNew: boolean): { readonly checked: Checked; readonly scope: Scope } => {
  for (const name of Object.keys(body)) {
    if (WRITABLE.includes(name) || name === '@odata.type' || (!isNew && KEPT.includes(name))) continue;
    throw malformed(
      KEPT.includes(name)
        ? `Property '${name}' of resource 'AccessReviewScheduleDefinition' is read-only.`
        : `The property '${name}' does not exist on type 'microsoft.graph.accessReviewScheduleDefinition'.`,
    );
  }
  if (typeof body['displayName'] !== 'string' || body['displayName'].trim() === '') throw required('displayName');
  if (!isPlain(body['scope'])) throw required('scope');
  if (!isPlain(body['settings'])) throw required('settings');
  if (body['instanceEnumerationScope'] !== undefined && body['instanceEnumerationScope'] !== null)
    throw malformed("'instanceEnumerationScope' is for reviews of all groups, not for one of an application.");
  const scope = readScope(body['scope']);
  readReviewers(body['reviewers'], 'reviewers');
  checkFallback(body['fallbackReviewers']);
  const settings = checkSettings(body['settings']);
  const stageSettings = checkStages(body['stageSettings'], settings);
  return {
    scope,
    checked: {
      displayName: body['displayName'],
      descriptionForAdmins: requiredText(body, 'descriptionForAdmins', isNew),
      descriptionForReviewers: requiredText(body, 'descriptionForReviewers', isNew),
      scope: body['scope'],
      instanceEnumerationScope: null,
      reviewers: listOf(body['reviewers']),
      fallbackReviewers: listOf(body['fallbackReviewers']),
      stageSettings,
      settings,
      additionalNotificationRecipients: checkRecipients(body['additionalNotificationRecipients']),
    },
  };
};

/** Who is there where a manager is not is no manager. */
const checkFallback = (given: unknown): void => {
  if (readReviewers(given, 'fallbackReviewers').some(({ kind }) => kind === 'manager'))
    throw malformed("The query './manager' is not supported in 'fallbackReviewers'.");
};

const checkRecipients = (given: unknown): readonly Plain[] => {
  const recipients = given ?? [];
  if (!Array.isArray(recipients)) throw invalid('additionalNotificationRecipients');
  for (const one of recipients) {
    const scope = isPlain(one) ? one['notificationRecipientScope'] : undefined;
    if (!isPlain(one) || one['notificationTemplateType'] !== 'CompletedAdditionalRecipients' || !isPlain(scope))
      throw invalid('additionalNotificationRecipients');
    checkNames(
      one,
      ['notificationTemplateType', 'notificationRecipientScope'],
      'accessReviewNotificationRecipientItem',
    );
    if (scope['@odata.type'] !== '#microsoft.graph.accessReviewNotificationRecipientQueryScope')
      throw invalid('notificationRecipientScope');
    const { '@odata.type': _, ...query } = scope;
    readReviewers([query], 'notificationRecipientScope');
  }
  return recipients;
};

/** Needed when a definition is made; one that is replaced loses what is left out. */
const requiredText = (body: Plain, name: string, isNew: boolean): string | null => {
  const value = body[name];
  if (typeof value === 'string' && value !== '') return value;
  if (isNew) throw required(name);
  if (value === undefined || value === null || value === '') return null;
  throw invalid(name);
};

const listOf = (value: unknown): readonly Plain[] => (Array.isArray(value) ? value : []);

const FLAGS = [
  'mailNotificationsEnabled',
  'reminderNotificationsEnabled',
  'justificationRequiredOnApproval',
  'recommendationsEnabled',
  'defaultDecisionEnabled',
  'autoApplyDecisionsEnabled',
  'decisionHistoriesForReviewersEnabled',
];
const OTHER_SETTINGS = [
  'defaultDecision',
  'instanceDurationInDays',
  'recurrence',
  'applyActions',
  'recommendationLookBackDuration',
  'recommendationInsightSettings',
];
const DEFAULTS = ['Approve', 'Deny', 'Recommendation'];

const checkSettings = (given: Plain): Settings => {
  checkNames(given, [...FLAGS, ...OTHER_SETTINGS], 'accessReviewScheduleSettings');
  const flags = Object.fromEntries(
    FLAGS.map((name) => {
      const value = given[name] ?? false;
      if (typeof value !== 'boolean') throw invalid(`settings/${name}`);
      return [name, value];
    }),
  );
  const isDefaulted = flags['defaultDecisionEnabled'] === true;
  const defaultDecision = given['defaultDecision'] ?? 'None';
  if (
    isDefaulted
      ? !DEFAULTS.includes(String(defaultDecision))
      : ![...DEFAULTS, 'None', ''].includes(String(defaultDecision))
  )
    throw malformed(
      "'defaultDecision' is 'Approve', 'Deny' or 'Recommendation' where 'defaultDecisionEnabled' is true.",
    );
  const lookBack = given['recommendationLookBackDuration'] ?? null;
  if (lookBack !== null) checkLookBack(lookBack);
  const recurrence = checkRecurrence(given['recurrence'] ?? null);
  const days = given['instanceDurationInDays'];
  if (!isDays(days)) throw malformed(`'instanceDurationInDays' is a whole number of days from 1 to ${MOST_DAYS}.`);
  checkLength(days, recurrence, 'instanceDurationInDays');
  return {
    ...(flags as unknown as Settings),
    defaultDecision: isDefaulted ? (defaultDecision as Settings['defaultDecision']) : 'None',
    instanceDurationInDays: days,
    recurrence,
    recommendationLookBackDuration: lookBack as string | null,
    applyActions: checkApplyActions(given['applyActions']),
    recommendationInsightSettings: checkInsights(given['recommendationInsightSettings']),
  };
};

const isDays = (days: unknown): days is number =>
  typeof days === 'number' && Number.isInteger(days) && days >= 1 && days <= MOST_DAYS;

const checkLookBack = (duration: unknown): void => {
  const days = durationDays(duration);
  if (days === undefined || days > MOST_LOOK_BACK_DAYS)
    throw malformed(
      `'recommendationLookBackDuration' of a review of an application is at most P${MOST_LOOK_BACK_DAYS}D.`,
    );
};

const checkApplyActions = (given: unknown): readonly Plain[] => {
  const actions = given ?? [];
  if (!Array.isArray(actions)) throw invalid('settings/applyActions');
  for (const action of actions) {
    const type = isPlain(action) ? action['@odata.type'] : undefined;
    if (type === '#microsoft.graph.disableAndDeleteUserApplyAction')
      throw malformed('The local tenant does not block and delete guests whom a review denies.');
    if (type !== '#microsoft.graph.removeAccessApplyAction') throw invalid('settings/applyActions');
  }
  return actions.length > 0 ? actions : [{ '@odata.type': '#microsoft.graph.removeAccessApplyAction' }];
};

const checkInsights = (given: unknown): readonly Plain[] => {
  const insights = given ?? [];
  if (!Array.isArray(insights)) throw invalid('settings/recommendationInsightSettings');
  for (const insight of insights) {
    if (!isPlain(insight) || insight['@odata.type'] !== '#microsoft.graph.userLastSignInRecommendationInsightSetting')
      throw malformed('A review of an application takes insights of type userLastSignInRecommendationInsightSetting.');
    checkNames(
      insight,
      ['recommendationLookBackDuration', 'signInScope'],
      'userLastSignInRecommendationInsightSetting',
    );
    if (!['tenant', 'application'].includes(String(insight['signInScope']))) throw invalid('signInScope');
    checkLookBack(insight['recommendationLookBackDuration']);
  }
  return insights;
};

const DATE = /^\d{4}-\d{2}-\d{2}$/;

const isDate = (date: unknown): date is string =>
  typeof date === 'string' && DATE.test(date) && !Number.isNaN(midnight(date));

const PATTERN = ['type', 'interval', 'month', 'dayOfMonth', 'daysOfWeek', 'firstDayOfWeek', 'index'];
const RANGE = ['type', 'startDate', 'endDate', 'recurrenceTimeZone', 'numberOfOccurrences'];

const checkRecurrence = (given: unknown): Recurrence | null => {
  if (given === null) return null;
  const { pattern, range } = isPlain(given) ? given : {};
  if (!isPlain(pattern) || !isPlain(range)) throw invalid('settings/recurrence');
  checkNames(given as Plain, ['pattern', 'range'], 'patternedRecurrence');
  checkNames(pattern, PATTERN, 'recurrencePattern');
  checkNames(range, RANGE, 'recurrenceRange');
  const { type, interval, dayOfMonth = 0 } = pattern;
  if (type !== 'weekly' && type !== 'absoluteMonthly')
    throw malformed(`The recurrence pattern '${type}' is not supported: it is 'weekly' or 'absoluteMonthly'.`);
  if (INTERVALS[type][Number(interval)] === undefined)
    throw malformed(`The interval ${interval} of the recurrence pattern '${type}' is not supported.`);
  if (typeof dayOfMonth !== 'number' || !Number.isInteger(dayOfMonth) || dayOfMonth < 0 || dayOfMonth > 31)
    throw invalid('settings/recurrence/pattern/dayOfMonth');
  const { type: rangeType, startDate, endDate, numberOfOccurrences } = range;
  if (!isDate(startDate)) throw invalid('settings/recurrence/range/startDate');
  if (rangeType === 'endDate') {
    if (!isDate(endDate) || midnight(endDate) < midnight(startDate)) throw invalid('settings/recurrence/range/endDate');
  } else if (rangeType === 'numbered') {
    if (typeof numberOfOccurrences !== 'number' || !Number.isInteger(numberOfOccurrences) || numberOfOccurrences < 1)
      throw invalid('settings/recurrence/range/numberOfOccurrences');
  } else if (rangeType !== 'noEnd') throw invalid('settings/recurrence/range/type');
  return {
    ...given,
    pattern: { ...pattern, type, interval: Number(interval), dayOfMonth },
    range: { ...range, type: rangeType, startDate },
  } as unknown as Recurrence;
};

const isOnce = ({ range }: Recurrence): boolean => range.type === 'numbered' && range.numberOfOccurrences === 1;

/** An instance must be over before the next begins. */
const checkLength = (days: number, recurrence: Recurrence | null, name: string): void => {
  if (!recurrence || isOnce(recurrence)) return;
  const { type, interval } = recurrence.pattern;
  const most = INTERVALS[type][interval]!;
  if (days > most)
    throw malformed(
      `'${name}' says ${days} days, but an instance must end before the next one begins, after ${most} days.`,
    );
};

const STAGE_PROPERTIES = [
  'stageId',
  'dependsOn',
  'durationInDays',
  'recommendationsEnabled',
  'decisionsThatWillMoveToNextStage',
  'reviewers',
  'fallbackReviewers',
  'recommendationInsightSettings',
];
const MOVING = ['Approve', 'Deny', 'Recommendation', 'NotReviewed'];

const checkStages = (given: unknown, settings: Settings): readonly StageSettings[] => {
  const stages = given ?? [];
  if (!Array.isArray(stages)) throw invalid('stageSettings');
  if (stages.length > MOST_STAGES) throw malformed(`A review has at most ${MOST_STAGES} stages.`);
  const checked = stages.map((stage, i) => checkStage(stage, i));
  const sum = checked.reduce((days, { durationInDays }) => days + durationInDays, 0);
  if (checked.length > 0) checkLength(sum, settings.recurrence, 'stageSettings');
  return checked;
};

const checkStage = (stage: unknown, i: number): StageSettings => {
  if (!isPlain(stage)) throw invalid('stageSettings');
  checkNames(stage, STAGE_PROPERTIES, 'accessReviewStageSettings');
  const { stageId, dependsOn = [], durationInDays, recommendationsEnabled } = stage;
  const { decisionsThatWillMoveToNextStage: moving = [] } = stage;
  if (stageId !== String(i + 1)) throw malformed(`The stageId of stage ${i + 1} is '${i + 1}'.`);
  if (!isDeepStrictEqual(dependsOn, i === 0 ? [] : [String(i)]))
    throw malformed(`'dependsOn' of stage ${stageId} names the stage before it, and nothing else.`);
  if (!isDays(durationInDays)) throw invalid('stageSettings/durationInDays');
  if (typeof recommendationsEnabled !== 'boolean') throw required('stageSettings/recommendationsEnabled');
  if (!Array.isArray(moving) || moving.some((decision) => !MOVING.includes(decision)))
    throw invalid('stageSettings/decisionsThatWillMoveToNextStage');
  readReviewers(stage['reviewers'], 'stageSettings/reviewers');
  checkFallback(stage['fallbackReviewers']);
  return {
    stageId,
    dependsOn: dependsOn as readonly string[],
    durationInDays,
    recommendationsEnabled,
    decisionsThatWillMoveToNextStage: moving,
    reviewers: listOf(stage['reviewers']),
    fallbackReviewers: listOf(stage['fallbackReviewers']),
    recommendationInsightSettings: checkInsights(stage['recommendationInsightSettings']),
  };
};

/** Of a definition that there is, only persons among the reviewers can change, and never the scope. */
export const checkReplacement = (before: Checked, after: Checked): void => {
  if (!isDeepStrictEqual(withoutTypes(before.scope), withoutTypes(after.scope)))
    throw malformed("The 'scope' of an access review cannot be changed.");
  const others = (scopes: readonly Plain[]): readonly Reviewer[] =>
    readReviewers(scopes, 'reviewers').filter(({ kind }) => kind !== 'user');
  for (const name of ['reviewers', 'fallbackReviewers'] as const) {
    if (!isDeepStrictEqual(others(before[name]), others(after[name])))
      throw malformed(`Of the '${name}' of an access review only individual users can be changed.`);
  }
};

/** Annotations that a client may leave out or add where the type is plain. */
const withoutTypes = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutTypes);
  if (!isPlain(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, inner]) =>
      name.includes('@') || inner === null ? [] : [[name, withoutTypes(inner)]],
    ),
  );
};

/** How long an instance runs: the sum of its stages where it has some. Milliseconds. */
export const lengthOf = ({ stageSettings, settings }: Pick<Checked, 'stageSettings' | 'settings'>): number =>
  (stageSettings.length > 0
    ? stageSettings.reduce((days, { durationInDays }) => days + durationInDays, 0)
    : settings.instanceDurationInDays) * DAY_MS;
