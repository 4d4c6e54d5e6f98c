// What each way of ordering removals needs to know, as the configuration says it: complete, every path absolute.
import type { SecretRef } from './settings.ts';

export interface CsvChannelSettings {
  readonly kind: 'csv';
  /** Where the files go. Absolute. */
  readonly folder: string;
}

export interface EmailSettings {
  readonly kind: 'email';
  /** The SMTP server's host. */
  readonly server: string;
  readonly port: number;
  /** `tls` from the first byte; `startTls`: nothing is said before it; `none`: on this machine itself alone. */
  readonly security: 'tls' | 'startTls' | 'none';
  readonly signIn: { readonly user: string; readonly password: SecretRef } | null;
  /** Certificates (PEM) to trust besides those of the operating system. Absolute. */
  readonly caFile: string | null;
  /** An address, or `Name <address>`. */
  readonly from: string;
  readonly to: readonly string[];
  /** Told besides when a removal is long overdue. */
  readonly escalateTo: readonly string[];
  /** Where mail servers report what could not be delivered; null: to the sender. */
  readonly bouncesTo: string | null;
}

/** How a web API is reached. Times in seconds. */
export interface ReachSettings {
  /** Certificates (PEM) to trust besides those of the operating system. Absolute. */
  readonly caFile: string | null;
  readonly timeLimits: { readonly connect: number; readonly answer: number };
  /** How often a request is sent again after a lost answer or a "later". */
  readonly repeats: number;
  /** At most so long is waited, all waits for one request together. */
  readonly longestWait: number;
}

export type ServiceNowSignIn =
  | { readonly kind: 'basic'; readonly user: string; readonly password: SecretRef }
  | { readonly kind: 'clientCredentials'; readonly clientId: string; readonly secret: SecretRef }
  | {
      readonly kind: 'password';
      readonly clientId: string;
      readonly secret: SecretRef;
      readonly user: string;
      readonly password: SecretRef;
    };

/** `requestItem`: an item of the service catalogue, with the request around it. */
export type TicketKind = 'incident' | 'requestTask' | 'requestItem' | 'change';

/** What a ticket's state is taken for. Never a proof. */
export type TicketMeaning = 'ordered' | 'accepted' | 'claimedDone' | 'failed';

export interface ServiceNowSettings {
  readonly kind: 'serviceNow';
  /** The instance, without a path: `https://contoso.service-now.com`. */
  readonly instance: string;
  readonly signIn: ServiceNowSignIn;
  readonly ticket: TicketKind;
  /** The sys_id of the catalogue's item, with `requestItem`. */
  readonly catalogItem: string | null;
  /** Further fields of a new ticket, by their names in the table. */
  readonly fields: Readonly<Record<string, string>>;
  /** Fields that are set when a removal is escalated. */
  readonly escalation: Readonly<Record<string, string>>;
  /** Values of the field `state`; others count as ordered while the ticket is active, and as claimed done afterwards. */
  readonly states: Readonly<Record<string, TicketMeaning>>;
  /** States from which a ticket can be opened again, and the state it then has; null: a follow-up is made. */
  readonly reopen: { readonly from: readonly string[]; readonly to: string } | null;
  /** The state of a ticket that is not wanted, because it is there twice. */
  readonly cancelled: string;
  /** Whether tickets of all domains of the instance are looked at. */
  readonly acrossDomains: boolean;
  /** When a ticket is not found any more: wait for a person, or order once more. */
  readonly whenGone: 'stop' | 'orderAgain';
  readonly reach: ReachSettings;
}

export interface WebhookSettings {
  readonly kind: 'webhook';
  /** Where orders are posted to. */
  readonly address: string;
  /** Signs every request. */
  readonly secret: SecretRef;
  /** Where an order's state is read; `{id}` stands for the removal's id. Null: nothing can be read back. */
  readonly states: string | null;
  readonly reach: ReachSettings;
}

export type ChannelSettings = CsvChannelSettings | EmailSettings | ServiceNowSettings | WebhookSettings;
