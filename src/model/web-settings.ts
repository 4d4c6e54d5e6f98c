// What sources that are web APIs need to know, as the configuration says it: complete, every path absolute.
import type { SecretRef } from './settings.ts';

/** How a web API is reached, whatever it speaks. Times in seconds. */
export interface WebSettings {
  readonly signIn: WebSignIn;
  /** Certificates (PEM) to trust besides those of the operating system. Absolute. */
  readonly caFile: string | null;
  /** A PEM file with certificate and private key. Absolute. */
  readonly clientCertificate: { readonly file: string; readonly password: SecretRef | null } | null;
  /** To connect; for a whole answer; between two pieces of an answer. */
  readonly timeLimits: { readonly connect: number; readonly answer: number; readonly silence: number };
  /** How often a read is sent again after a dropped connection or a "later". */
  readonly repeats: number;
  /** At most so long is waited, all waits for one request together. */
  readonly longestWait: number;
  /** A larger answer is not read. */
  readonly maxAnswerBytes: number;
}

export type WebSignIn =
  | { readonly kind: 'none' }
  | { readonly kind: 'basic'; readonly user: string; readonly password: SecretRef }
  | { readonly kind: 'bearer'; readonly token: SecretRef }
  | { readonly kind: 'apiKey'; readonly in: 'header' | 'query'; readonly name: string; readonly key: SecretRef }
  /** OAuth 2.0 (RFC 6749, 4.4). `as`: where client id and secret stand. `more`: further parameters, such as an audience. */
  | {
      readonly kind: 'clientCredentials';
      readonly tokenUrl: string;
      readonly clientId: string;
      readonly secret: SecretRef;
      readonly scope: string | null;
      readonly as: 'basic' | 'body';
      readonly more: Readonly<Record<string, string>>;
    };

/** Names of columns, each with where its value stands in a record. Null where nobody has named them. */
export type ColumnPaths = Readonly<Record<string, string>> | null;

export interface RestSettings {
  readonly kind: 'rest';
  readonly web: WebSettings;
  /** May carry a query. */
  readonly address: string;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string | SecretRef>>;
  /** A text is sent as it is, anything else as JSON; null: none. */
  readonly body: unknown;
  /**
   * `ndjson`: one record a line; then `records` is said of a line and there are no pages. `jsonStream`: one document whose
   * records are read as they come; then `records` and `total` go from key to key alone, and there are no pages.
   */
  readonly format: 'json' | 'ndjson' | 'jsonStream';
  readonly paging: RestPaging;
  /** JMESPath: from an answer to its list of records. */
  readonly records: string;
  /** JMESPath each: from a record to a value. */
  readonly columns: ColumnPaths;
  /** JMESPath: from an answer to how many records there are on all pages together. */
  readonly total: string | null;
}

/** Parameters go into the query, or into a POST's body where that is a group of keys. */
export type RestPaging =
  | { readonly kind: 'none' }
  /** JMESPath to the address of the next page. */
  | { readonly kind: 'nextLink'; readonly path: string }
  /** The Link header with rel="next" (RFC 8288). */
  | { readonly kind: 'linkHeader' }
  | { readonly kind: 'cursor'; readonly path: string; readonly parameter: string }
  | {
      readonly kind: 'page' | 'offset';
      readonly parameter: string;
      readonly first: number;
      readonly size: PageSize | null;
    };

export interface PageSize {
  readonly parameter: string;
  readonly value: number;
}

export interface SoapSettings {
  readonly kind: 'soap';
  readonly web: WebSettings;
  /** Where the service is described, and which of its operations is asked; null: `address` and `body` say it all. */
  readonly wsdl: { readonly address: string; readonly operation: string } | null;
  /** Null: as the WSDL says. */
  readonly address: string | null;
  readonly action: string | null;
  readonly version: '1.1' | '1.2' | null;
  readonly headers: Readonly<Record<string, string | SecretRef>>;
  /** XML inside soap:Body, with `{name}` for values; null: the empty element that the WSDL names. */
  readonly body: string | null;
  /** XML inside soap:Header; null: none. */
  readonly header: string | null;
  /** What `{name}` in body and header stands for. */
  readonly values: Readonly<Record<string, string | SecretRef>>;
  /** WS-Security's user name token. */
  readonly security: {
    readonly user: string;
    readonly password: SecretRef;
    readonly as: 'text' | 'digest';
    readonly timestamp: boolean;
  } | null;
  /** By prefix, for body, header and all XPath. */
  readonly namespaces: Readonly<Record<string, string>>;
  /** XPath from soap:Body to the records. */
  readonly records: string;
  /** XPath each: from a record to a value. */
  readonly columns: ColumnPaths;
  /** XPath to the number of records on all pages together. */
  readonly total: string | null;
  /** XPath to the token of the next page, which `{pageToken}` in the body stands for; `first`: on the first page. */
  readonly paging: { readonly token: string; readonly first: string } | null;
}

export interface ScimSettings {
  readonly kind: 'scim';
  readonly web: WebSettings;
  /** What /Users and /Groups stand below. */
  readonly address: string;
  /** RFC 7644, 3.4.2.2: which users are accounts; null: all. */
  readonly filter: string | null;
  /** RFC 7644, 3.4.2.4; RFC 9865; and by the id of the next user, as SAP Cloud Identity Services does it. */
  readonly paging: 'index' | 'cursor' | 'startId';
  readonly pageSize: number;
  /** Attribute paths. */
  readonly columns: ColumnPaths;
  /** The last column: the groups of a user, a row for each, or joined by a text. Null: none. */
  readonly groups: { readonly column: string; readonly joinedBy: string | null } | null;
}
