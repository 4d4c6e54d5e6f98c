// removals.channel.serviceNow: what people write of tickets in ServiceNow, and what the code uses.
import { z } from 'zod';
import type { ServiceNowSettings, ServiceNowSignIn, TicketKind, TicketMeaning } from '../../model/channel-settings.ts';
import { choice, either, object, secretPlace, secretRef, type ToPath, text, url } from '../shapes.ts';
import { reachKeys, reachSettings } from './reach.ts';

const sysId = text.regex(/^[0-9a-f]{32}$/i, 'expected a sys_id: 32 hexadecimal digits');
const fieldName = text.regex(
  /^[a-z][a-z0-9_]*$/,
  'expected the name of a field in the table, such as assignment_group',
);
const state = text.regex(/^-?[A-Za-z0-9_]+$/, 'expected the value of the field state, in quotes: "6"');

/** What Rollcall writes itself. */
const OWN_FIELDS = ['sys_id', 'number', 'correlation_id', 'correlation_display', 'short_description', 'description'];

const fields = z.record(fieldName, z.string()).superRefine((written, context) => {
  for (const name of Object.keys(written)) {
    if (!OWN_FIELDS.includes(name)) continue;
    context.addIssue({ code: 'custom', path: [name], message: 'this field is written by Rollcall' });
  }
});

const signIn = either(
  [
    object({ basic: object({ user: text, password: secretRef }) }),
    object({ clientCredentials: object({ clientId: text, secret: secretRef }) }),
    object({ password: object({ clientId: text, secret: secretRef, user: text, password: secretRef }) }),
  ],
  'expected one of { basic }, { clientCredentials }, { password }',
).describe('basic; or OAuth with the grant clientCredentials or password.');

const MEANINGS = ['ordered', 'accepted', 'claimedDone', 'failed'] as const satisfies readonly TicketMeaning[];
const TICKETS = ['incident', 'requestTask', 'requestItem', 'change'] as const satisfies readonly TicketKind[];

export const serviceNowWritten = object({
  instance: url
    .refine(
      (written) => !URL.canParse(written) || new URL(written).pathname === '/',
      'expected an address without a path',
    )
    .describe('The instance: https://contoso.service-now.com.'),
  signIn,
  ticket: choice(TICKETS)
    .optional()
    .describe('incident; requestTask (sc_task); requestItem (an item of the catalogue); change. Default: incident.'),
  catalogItem: sysId.optional().describe("With requestItem: the sys_id of the catalogue's item."),
  fields: fields.optional().describe('Further fields of a new ticket: { assignment_group: SYS_ID, category: access }.'),
  escalation: fields.optional().describe('Fields that are set when a removal is escalated. Default: { urgency: "1" }.'),
  states: z
    .record(state, choice(MEANINGS))
    .optional()
    .describe('What values of the field state are taken for, besides the usual ones.'),
  reopen: either(
    [choice(['never']), object({ from: z.array(state).min(1, 'expected at least one state'), to: state })],
    'expected never, or { from: [STATE], to: STATE }',
  )
    .optional()
    .describe(
      'From which states a ticket can be opened again; from any other a follow-up is made. Default: incident 6 to 2.',
    ),
  cancelled: state
    .optional()
    .describe('The state of a ticket that is there twice. Default: 8, 4 for all but incidents.'),
  acrossDomains: z
    .boolean()
    .optional()
    .describe('Looks at tickets of all domains (sysparm_query_no_domain). Default: false.'),
  whenGone: choice(['stop', 'orderAgain'])
    .optional()
    .describe('What is done when a ticket is not found any more. Default: stop, so that a person looks.'),
  ...reachKeys,
})
  .superRefine(({ ticket, catalogItem }, context) => {
    const refuse = (message: string) => context.addIssue({ code: 'custom', path: ['catalogItem'], message });
    if (ticket === 'requestItem' && catalogItem === undefined) refuse('missing; "ticket: requestItem" needs it');
    if (ticket !== 'requestItem' && catalogItem !== undefined) refuse('goes with "ticket: requestItem" only');
  })
  .describe('Tickets in ServiceNow, one a removal.');

/**
 * What the values of `state` mean as ServiceNow ships them.
 *
 * Source: https://www.servicenow.com/docs/r/zurich/api-reference/server-api-reference/c_TaskStateUtil.html
 */
const TASK_STATES: Readonly<Record<string, TicketMeaning>> = {
  '1': 'ordered',
  '2': 'accepted',
  '3': 'claimedDone',
  '4': 'failed',
  '7': 'failed',
};

const STATES: Readonly<Record<TicketKind, Readonly<Record<string, TicketMeaning>>>> = {
  incident: { '1': 'ordered', '2': 'accepted', '3': 'accepted', '6': 'claimedDone', '7': 'claimedDone', '8': 'failed' },
  requestTask: TASK_STATES,
  requestItem: TASK_STATES,
  change: {
    '-5': 'ordered',
    '-4': 'accepted',
    '-3': 'accepted',
    '-2': 'accepted',
    '-1': 'accepted',
    '0': 'accepted',
    '3': 'claimedDone',
    '4': 'failed',
  },
};

type Written = z.infer<typeof serviceNowWritten>;

export const serviceNowSettings = (written: Written, path: ToPath): ServiceNowSettings => {
  const ticket = written.ticket ?? 'incident';
  return {
    kind: 'serviceNow',
    instance: new URL(written.instance).origin,
    signIn: signInSettings(written.signIn, path),
    ticket,
    catalogItem: written.catalogItem?.toLowerCase() ?? null,
    fields: written.fields ?? {},
    escalation: written.escalation ?? { urgency: '1' },
    states: { ...STATES[ticket], ...written.states },
    reopen: reopenSettings(written.reopen, ticket),
    cancelled: written.cancelled ?? (ticket === 'incident' ? '8' : '4'),
    acrossDomains: written.acrossDomains ?? false,
    whenGone: written.whenGone ?? 'stop',
    reach: reachSettings(written, path),
  };
};

const reopenSettings = (written: Written['reopen'], ticket: TicketKind): ServiceNowSettings['reopen'] => {
  if (written === 'never') return null;
  return written ?? (ticket === 'incident' ? { from: ['6'], to: '2' } : null);
};

const signInSettings = (written: Written['signIn'], path: ToPath): ServiceNowSignIn => {
  if ('basic' in written) {
    const { user, password } = written.basic;
    return { kind: 'basic', user, password: secretPlace(password, path) };
  }
  if ('clientCredentials' in written) {
    const { clientId, secret } = written.clientCredentials;
    return { kind: 'clientCredentials', clientId, secret: secretPlace(secret, path) };
  }
  const { clientId, secret, user, password } = written.password;
  return { kind: 'password', clientId, secret: secretPlace(secret, path), user, password: secretPlace(password, path) };
};
