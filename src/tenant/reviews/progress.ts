// How a series of reviews goes on by itself, as the tenant's clock does: from its beginning to what was denied being removed.
// Source: https://learn.microsoft.com/entra/id-governance/complete-access-review
import { type Replication, SETTLED } from '../replication.ts';
import type { Tenant } from '../request.ts';
import { applyItems } from './applying.ts';
import { auditReview, byService, reviewTarget, SERVICE } from './doer.ts';
import { settleHistory } from './history.ts';
import { changeItem, itemsIn } from './items.ts';
import { contact, populate, readResource, recommender } from './population.ts';
import { addRecord, changeRecord, countRecords, type Kept, newest, nextDue, primaries, primary } from './records.ts';
import { lengthOf } from './rules.ts';
import { DAY_MS, firstFrom, startOf } from './schedule.ts';
import { readScope } from './scopes.ts';

/** What the service does behind the scenes takes its time: minutes here, where Microsoft says minutes to hours. */
const STEP_MS = 60_000;
const APPLYING_MS = 5 * 60_000;

type Instance = Kept<'instance'>;

const iso = (ms: number): string => new Date(ms).toISOString();

/** Brings all reviews to where they are by now. Each step is done as of the moment at which it was due. */
export const settleReviews = (base: Omit<Tenant, 'replication'>, replication: Replication): void => {
  for (let next = nextDue(base, base.now()); next; next = nextDue(base, base.now())) {
    const { id, kind, due } = next;
    const view = replication.view({ place: [], isIndexed: false });
    // The service reads where writes go. What it did long ago has reached every reader; the rest reaches them late.
    const { wrote, removed } = view;
    const isShown = due + view.lagMs <= base.now();
    const tenant: Tenant = { ...base, now: () => due, replication: isShown ? SETTLED : { ...SETTLED, wrote, removed } };
    base.db.transaction(() => {
      if (kind === 'instance') stepInstance(tenant, primary(tenant, 'instance', id)!);
      else settleHistory(tenant, id);
    });
  }
};

const stepInstance = (tenant: Tenant, instance: Instance): void => {
  const definition = primary(tenant, 'definition', instance.parent)!;
  STEPS[instance.body.status]!(tenant, instance, definition);
  showStatus(tenant, instance.parent);
};

type Step = (tenant: Tenant, instance: Instance, definition: Kept<'definition'>) => void;

const STEPS: Readonly<Record<string, Step>> = {
  NotStarted: (tenant, instance, definition) => {
    changeRecord(tenant, 'instance', instance.id, {
      body: { status: 'Initializing' },
      due: tenant.now() + STEP_MS,
    });
    scheduleNext(tenant, definition, instance.own.occurrence + 1);
  },
  Initializing: (tenant, instance) => begin(tenant, instance),
  InProgress: (tenant, instance, definition) => endStage(tenant, instance, definition),
  Completing: (tenant, instance, definition) => {
    auditReview(tenant, byService(), 'Access review ended', [reviewTarget(definition.body)]);
    const { defaultDecisionEnabled, autoApplyDecisionsEnabled } = instance.own.settings;
    goOn(tenant, instance, 'Completed', defaultDecisionEnabled || autoApplyDecisionsEnabled ? STEP_MS : undefined);
  },
  Completed: (tenant, instance) => {
    if (instance.own.settings.defaultDecisionEnabled) goOn(tenant, instance, 'AutoReviewing', STEP_MS);
    else startApplying(tenant, instance);
  },
  AutoReviewing: (tenant, instance, definition) => {
    decideByDefault(tenant, instance);
    auditReview(tenant, byService(), 'Auto review', [reviewTarget(definition.body)]);
    goOn(tenant, instance, 'AutoReviewed', instance.own.settings.autoApplyDecisionsEnabled ? STEP_MS : undefined);
  },
  AutoReviewed: (tenant, instance) => startApplying(tenant, instance),
  Applying: (tenant, instance, definition) => {
    const by = instance.own.appliedBy ?? SERVICE;
    applyItems(tenant, instance, by);
    const activity = instance.own.appliedBy ? 'Apply review' : 'Auto apply review';
    auditReview(tenant, byService(), activity, [reviewTarget(definition.body)]);
    goOn(tenant, instance, 'Applied');
  },
};

const goOn = (tenant: Tenant, { id }: Instance, status: string, afterMs?: number): void =>
  changeRecord(tenant, 'instance', id, {
    body: { status },
    due: afterMs === undefined ? null : tenant.now() + afterMs,
  });

/** What was denied is removed a while later. */
export const startApplying = (tenant: Tenant, instance: Instance): void =>
  goOn(tenant, instance, 'Applying', APPLYING_MS);

/** The instance that comes next, if any does, is there before it begins. */
const scheduleNext = (tenant: Tenant, definition: Kept<'definition'>, occurrence: number): void => {
  const { recurrence } = definition.body.settings;
  if (definition.own.isStopped || !recurrence) return;
  const start = startOf(recurrence, occurrence);
  if (start !== undefined) addInstance(tenant, definition, occurrence, start);
};

/** The first instance that is still to come, by the id that it has had so far. Answers whether there is one. */
export const scheduleFirst = (tenant: Tenant, definition: Kept<'definition'>, now: number, id?: string): boolean => {
  const { recurrence } = definition.body.settings;
  const occurrence = recurrence ? firstFrom(recurrence, now) : 0;
  if (occurrence === undefined) return false;
  const start = recurrence ? startOf(recurrence, occurrence)! : now;
  addInstance(tenant, definition, occurrence, Math.max(start, now), id);
  return true;
};

const addInstance = (
  tenant: Tenant,
  { id, body }: Kept<'definition'>,
  occurrence: number,
  start: number,
  instance: string = crypto.randomUUID(),
): void => {
  const { stageSettings, settings, reviewers, fallbackReviewers } = body;
  addRecord(tenant, 'instance', {
    parent: id,
    due: start,
    body: {
      id: instance,
      startDateTime: iso(start),
      endDateTime: iso(start + lengthOf(body)),
      status: 'NotStarted',
      scope: body.scope,
      reviewers,
      fallbackReviewers,
    },
    own: { occurrence, settings, resource: null, stage: 0, appliedBy: null },
  });
  const { recommendationsEnabled, recommendationInsightSettings } = settings;
  const insights = { recommendationsEnabled, recommendationInsightSettings };
  const only = { durationInDays: settings.instanceDurationInDays, decisionsThatWillMoveToNextStage: [] };
  const stages = stageSettings.length > 0 ? stageSettings : [{ ...only, ...insights, reviewers, fallbackReviewers }];
  let at = start;
  stages.forEach((stage, i) => {
    const durationMs = stage.durationInDays * DAY_MS;
    addRecord(tenant, 'stage', {
      parent: instance,
      body: {
        id: crypto.randomUUID(),
        startDateTime: iso(at),
        endDateTime: iso(at + durationMs),
        status: 'NotStarted',
        reviewers: stage.reviewers,
        fallbackReviewers: stage.fallbackReviewers,
      },
      own: {
        number: i + 1,
        isOnly: stageSettings.length === 0,
        durationMs,
        moving: stage.decisionsThatWillMoveToNextStage,
        recommendationsEnabled: stage.recommendationsEnabled,
        recommendationInsightSettings: stage.recommendationInsightSettings,
      },
    });
    at += durationMs;
  });
};

/** Reads who is reviewed by whom. Nobody to review: the instance is over at once. */
const begin = (tenant: Tenant, instance: Instance): void => {
  const scope = readScope(instance.body.scope);
  const resource = readResource(tenant, scope);
  const stages = primaries(tenant, 'stage', instance.id);
  const { settings } = instance.own;
  const count = populate(tenant, {
    instance: instance.id,
    scope,
    stages: stages.map((stage) => ({
      stage,
      recommend: recommender({ ...settings, ...stage.own }, tenant.now()),
    })),
  });
  changeRecord(tenant, 'instance', instance.id, { own: { resource } });
  if (count > 0) {
    beginStage(tenant, instance, stages, 1);
    return;
  }
  for (const stage of stages) changeRecord(tenant, 'stage', stage.id, { body: { status: 'Completed' } });
  goOn(tenant, instance, 'Completing', 0);
};

/** Opens a stage, from now on for as long as it lasts; those behind it move along. */
const beginStage = (tenant: Tenant, instance: Instance, stages: readonly Kept<'stage'>[], number: number): void => {
  // The first began when the instance was due, and not when it was read who is in it.
  let at = number === 1 ? Date.parse(instance.body.startDateTime) : tenant.now();
  const due = at + stages[number - 1]!.own.durationMs;
  for (const stage of stages.slice(number - 1)) {
    const span = { startDateTime: iso(at), endDateTime: iso(at + stage.own.durationMs) };
    const isNow = stage.own.number === number;
    changeRecord(tenant, 'stage', stage.id, { body: { ...span, ...(isNow && { status: 'InProgress' }) } });
    at += stage.own.durationMs;
  }
  contact(tenant, instance.id, stages[number - 1]!.id);
  changeRecord(tenant, 'instance', instance.id, {
    body: { status: 'InProgress', endDateTime: iso(at) },
    own: { stage: number },
    due,
  });
};

/** Closes the stage that is under way: what it lets through goes to the next, and without a next the instance ends. */
export const endStage = (tenant: Tenant, instance: Instance, definition: Kept<'definition'>): void => {
  const stages = primaries(tenant, 'stage', instance.id);
  const number = instance.own.stage;
  const [ending, next] = [stages[number - 1]!, stages[number]];
  changeRecord(tenant, 'stage', ending.id, { body: { status: 'Completed', endDateTime: iso(tenant.now()) } });
  if (next && moveOn(tenant, ending, next) > 0) {
    beginStage(tenant, instance, stages, number + 1);
    return;
  }
  endInstance(tenant, instance, definition);
};

/** Hands on the decisions that a stage lets through; answers how many. */
const moveOn = (tenant: Tenant, from: Kept<'stage'>, to: Kept<'stage'>): number => {
  const { moving } = from.own;
  const { db } = tenant;
  let count = 0;
  for (const item of itemsIn(tenant, { stage: from.id })) {
    const isRecommended = item.decision === 'NotReviewed' && item.recommendation !== 'NoInfoAvailable';
    const isMoving =
      moving.length === 0 || moving.includes(item.decision) || (moving.includes('Recommendation') && isRecommended);
    if (!isMoving) continue;
    count += 1;
    db.run('update review_items set is_current = 0 where n = ?', item.n);
    db.run(
      'update review_items set is_current = 1, is_reached = 1 where instance = ? and principal = ? and stage = ?',
      item.instance,
      item.principal,
      to.id,
    );
  }
  return count;
};

/** No more decisions: what has been decided stands. */
export const endInstance = (tenant: Tenant, instance: Instance, definition: Kept<'definition'>): void => {
  const now = iso(tenant.now());
  for (const stage of primaries(tenant, 'stage', instance.id)) {
    if (stage.body.status === 'Completed') continue;
    changeRecord(tenant, 'stage', stage.id, { body: { status: 'Completed', endDateTime: now } });
  }
  changeRecord(tenant, 'instance', instance.id, {
    body: { status: 'Completing', endDateTime: now },
    due: tenant.now() + STEP_MS,
  });
  showStatus(tenant, definition.id);
};

/** Fills in what nobody decided. */
const decideByDefault = (tenant: Tenant, instance: Instance): void => {
  const { defaultDecision } = instance.own.settings;
  for (const item of itemsIn(tenant, { instance: instance.id })) {
    if (item.decision !== 'NotReviewed') continue;
    const decision = defaultDecision === 'Recommendation' ? item.recommendation : defaultDecision;
    if (decision !== 'Approve' && decision !== 'Deny') continue;
    const reviewed = { reviewed_by: JSON.stringify(SERVICE), reviewed_at: iso(tenant.now()) };
    changeItem(tenant, item, { decision, ...reviewed });
  }
};

/** A series says where it is: that of its last instance where no other comes. */
export const showStatus = (tenant: Tenant, id: string): void => {
  const { body } = primary(tenant, 'definition', id)!;
  const last = newest(tenant, 'instance', id);
  const isBetween = last?.body.status === 'NotStarted' && countRecords(tenant, 'instance', id) > 1;
  const status = isBetween ? 'InProgress' : (last?.body.status ?? 'Completed');
  if (status !== body.status) changeRecord(tenant, 'definition', id, { body: { status } });
};
