// Orders as signed requests to a program of the administrator's own, one a removal.
import { createHmac } from 'node:crypto';
import { openWebClient, type WebAnswer, type WebClient, type WebRequest } from '../../http/client.ts';
import { WebFailure } from '../../http/failures.ts';
import { retryAfter, Waiting } from '../../http/waiting.ts';
import { addressText, firstWords, withoutThese } from '../../http/words.ts';
import type { Channel, ChannelTools, OrderState, Placed } from '../../model/channel.ts';
import type { WebhookSettings } from '../../model/channel-settings.ts';
import { ChannelDownError, ChannelError } from '../../model/errors.ts';
import type { Removal } from '../../model/removal.ts';
import { doEach, placeEach } from './one-by-one.ts';
import { cut, dayText, oneLine } from './words.ts';

type HookEvent = 'check' | 'order' | 'reminder' | 'escalation' | 'reopen';

const ASK_THEM =
  'Ask those who run the program at that address; docs/channels.md says what it is sent and what it answers.';
const AGAIN = 'Run the same command again; what is done already is not done twice.';

/** The secret is read at the first request. Errors of all methods: {@link ChannelError}, {@link ChannelDownError}. */
export const webhookChannel = (settings: WebhookSettings, tools: ChannelTools): Channel => {
  const hook = new Hook(settings, tools);
  return {
    name: 'webhook',
    kind: 'webhook',
    check: async (signal) => {
      await hook.post('check', 'check', {}, signal);
      const reads = settings.states === null ? '; states are not read back' : '';
      return `${hook.place} takes a signed request${reads}`;
    },
    order: (removals, report, signal) =>
      placeEach(removals, report, signal, async (removal) =>
        placedBy(removal, await hook.post('order', removal.id, told(removal), signal)),
      ),
    states: async (removals, signal) => {
      const states = new Map<string, OrderState>();
      for (const { id } of removals) states.set(id, await hook.state(id, signal));
      return states;
    },
    remind: (removals, escalate, signal) =>
      doEach(removals, signal, async (removal) => {
        const event = escalate ? 'escalation' : 'reminder';
        const today = dayText(new Date(tools.clock.now()).toISOString());
        await hook.post(event, `${removal.id}/${event}/${today}`, told(removal), signal);
      }),
    reopen: (removals, report, signal) =>
      placeEach(removals, report, signal, async (removal) => {
        // Told apart from the order by when that was placed: reopened again later, it is another event.
        const key = `${removal.id}/reopen/${removal.order?.orderedAt ?? 'never'}`;
        return placedBy(removal, await hook.post('reopen', key, told(removal), signal));
      }),
    close: () => hook.close(),
  };
};

/** A removal as it is sent: what the receiver needs to carry it out, and nothing of how Rollcall follows it up. */
const told = ({ id, application, account, role, cause, decidedAt, due, order }: Removal) => ({
  removal: {
    id,
    application,
    account: { key: account.key, cells: account.cells, user: account.user },
    role,
    cause,
    decidedAt,
    due,
    order: order && { reference: order.reference, orderedAt: order.orderedAt },
  },
});

class Hook {
  readonly place: string;
  readonly #settings: WebhookSettings;
  readonly #tools: ChannelTools;
  #client: Promise<WebClient> | undefined;
  #secret: Promise<string> | undefined;

  constructor(settings: WebhookSettings, tools: ChannelTools) {
    this.#settings = settings;
    this.#tools = tools;
    this.place = addressText(new URL(settings.address));
  }

  /** Sends an event until it is answered; what is sent again carries the same key. */
  async post(event: HookEvent, key: string, content: object, signal: AbortSignal): Promise<Answered> {
    const body = JSON.stringify({ event, ...content });
    const url = new URL(this.#settings.address);
    const answer = await this.#persist(signal, async () => ({
      method: 'POST',
      url,
      headers: {
        accept: 'application/json',
        'content-type': 'application/json',
        'idempotency-key': key,
        'rollcall-signature': await this.#signature(body),
      },
      body,
    }));
    return this.#read(url, answer);
  }

  async state(id: string, signal: AbortSignal): Promise<OrderState> {
    if (this.#settings.states === null) return { kind: 'unknown' };
    const url = new URL(this.#settings.states.replace('{id}', id));
    const answer = await this.#persist(signal, async () => ({
      method: 'GET',
      url,
      headers: { accept: 'application/json', 'rollcall-signature': await this.#signature(url.pathname) },
    }));
    if (answer.status === 404) return { kind: 'unknown' };
    return (await this.#read(url, answer)).state ?? { kind: 'unknown' };
  }

  async close(): Promise<void> {
    await (await this.#client)?.close();
  }

  /** `t`: seconds since 1970; `v1`: HMAC-SHA256, hexadecimal, over the time, a full stop, and what is signed. */
  async #signature(signed: string): Promise<string> {
    this.#secret ??= this.#tools.readSecret(this.#settings.secret);
    const time = Math.floor(this.#tools.clock.now() / 1000);
    const digest = createHmac('sha256', await this.#secret)
      .update(`${time}.${signed}`)
      .digest('hex');
    return `t=${time},v1=${digest}`;
  }

  async #persist(signal: AbortSignal, make: () => Promise<WebRequest>): Promise<WebAnswer> {
    const { reach } = this.#settings;
    this.#client ??= openWebClient(reach, this.#tools.env);
    const client = await this.#client;
    const waiting = new Waiting(reach, this.#tools.clock);
    for (;;) {
      // Signed anew each time: a receiver takes no signature that is old.
      const request = await make();
      const answer = await client.send(request, signal).catch((error: unknown) => {
        if (error instanceof WebFailure) return error;
        throw error;
      });
      if (answer instanceof WebFailure) {
        if (answer.mayHaveArrived && (await waiting.again(undefined, signal))) continue;
        throw new ChannelDownError(answer.message, answer.remedy, { cause: answer });
      }
      if (!isPassing(answer.status)) return answer;
      const asked = retryAfter(answer.headers['retry-after'], this.#tools.clock.now());
      if (await waiting.again(asked, signal)) continue;
      throw new ChannelDownError(
        `${addressText(request.url)} answers with status ${answer.status}, again and again.`,
        AGAIN,
      );
    }
  }

  /** What a final answer says. Throws where it refuses. */
  async #read(url: URL, { status, headers, text }: WebAnswer): Promise<Answered> {
    const place = addressText(url);
    if (status >= 300 && status < 400) {
      const remedy = 'Name the address that it leads to, if it is the right one; an order is never sent on to another.';
      throw new ChannelDownError(`${place} leads elsewhere (status ${status}).`, remedy);
    }
    if (status >= 200 && status < 300) {
      if (/\bhtml\b/i.test(headers['content-type'] ?? '')) {
        throw new ChannelDownError(
          `${place} answers with a page for people.`,
          'Check the address, and whether a sign-in stands before it.',
        );
      }
      return answeredBy(text);
    }
    const words = firstWords(await this.#masked(text));
    const message = `${place} refuses with status ${status}${words === '' ? '' : `: ${words}`}.`;
    if ([401, 403, 404, 405, 407, 410].includes(status)) throw new ChannelDownError(message, ASK_THEM);
    throw new ChannelError(message, ASK_THEM);
  }

  /** A receiver in trouble may repeat the key that it checks by. */
  async #masked(text: string): Promise<string> {
    return withoutThese(this.#secret === undefined ? [] : [await this.#secret], text);
  }
}

/** Not now: later it may be another answer. 409: the same order is being worked on. */
const isPassing = (status: number): boolean => [408, 409, 425, 429].includes(status) || status >= 500;

/** What an answer can say; everything is optional. */
interface Answered {
  readonly reference?: string;
  readonly address?: string;
  readonly wasThere?: boolean;
  readonly state?: OrderState;
}

const answeredBy = (text: string): Answered => {
  const said = record(text);
  const { reference, address, wasThere } = said;
  const state = stateOf(said);
  return {
    ...(typeof reference === 'string' && oneLine(reference) !== '' && { reference: cut(oneLine(reference), 200) }),
    ...(typeof address === 'string' && /^https?:/.test(address) && URL.canParse(address) && { address }),
    ...(wasThere === true && { wasThere }),
    ...(state && { state }),
  };
};

const record = (text: string): Readonly<Record<string, unknown>> => {
  try {
    const said: unknown = JSON.parse(text);
    return typeof said === 'object' && said !== null ? (said as Record<string, unknown>) : {};
  } catch {
    // "Accepted", or nothing: the status says enough.
    return {};
  }
};

const stateOf = ({ state, reason }: Readonly<Record<string, unknown>>): OrderState | undefined => {
  if (state === 'ordered' || state === 'accepted' || state === 'claimedDone') return { kind: state };
  if (state !== 'failed') return undefined;
  const why = typeof reason === 'string' ? cut(oneLine(reason), 500) : '';
  return { kind: 'failed', reason: why === '' ? 'no reason was given' : why };
};

const placedBy = ({ id }: Removal, { reference = id, address, wasThere = false, state }: Answered): Placed => ({
  reference,
  wasThere,
  ...(address !== undefined && { address }),
  ...(state && { state }),
});
