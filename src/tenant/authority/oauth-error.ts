// The authority's own errors: what OAuth calls them, and the AADSTS numbers that tell more.

/** Source: https://learn.microsoft.com/entra/identity-platform/reference-error-codes */
export class OAuthError extends Error {
  /** OAuth's name, such as `invalid_grant`. */
  readonly error: string;
  readonly code: number;

  constructor(error: string, code: number, message: string) {
    super(message);
    this.error = error;
    this.code = code;
  }

  get description(): string {
    return `AADSTS${this.code}: ${this.message}`;
  }
}

export const invalidRequest = (message: string): OAuthError => new OAuthError('invalid_request', 900144, message);

export const unknownTenant = (name: string): OAuthError =>
  new OAuthError('invalid_request', 90002, `Tenant '${name}' not found.`);

export const unknownClient = (): OAuthError =>
  new OAuthError(
    'unauthorized_client',
    700016,
    'Application with the given identifier was not found in the directory.',
  );

/** The error as the token endpoint sends it. */
export const oauthBody = (error: OAuthError, now: number): Readonly<Record<string, unknown>> => ({
  error: error.error,
  error_description: error.description,
  error_codes: [error.code],
  timestamp: `${new Date(now).toISOString().slice(0, 19).replace('T', ' ')}Z`,
  trace_id: crypto.randomUUID(),
  correlation_id: crypto.randomUUID(),
});
