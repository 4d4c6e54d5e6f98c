// Graph's own errors: the rules raise them, the server sends them.

export interface ErrorDetail {
  readonly code: string;
  readonly message: string;
  readonly target?: string;
}

/** An answer that refuses, with Graph's status, code and message. */
export class GraphError extends Error {
  readonly status: number;
  readonly code: string;
  readonly details: readonly ErrorDetail[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: string,
    message: string,
    {
      details = [],
      headers = {},
    }: { details?: readonly ErrorDetail[]; headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.details = details;
    this.headers = headers;
  }
}

export const badRequest = (message: string, details: readonly ErrorDetail[] = []): GraphError =>
  new GraphError(400, 'Request_BadRequest', message, { details });

/** The request does not parse, or names what the model does not have. */
export const malformed = (message: string): GraphError => new GraphError(400, 'BadRequest', message);

export const unsupportedQuery = (message: string): GraphError =>
  new GraphError(400, 'Request_UnsupportedQuery', message);

export const notFound = (id: string): GraphError =>
  new GraphError(
    404,
    'Request_ResourceNotFound',
    `Resource '${id}' does not exist or one of its queried reference-property objects are not present.`,
  );

export const denied = (): GraphError =>
  new GraphError(403, 'Authorization_RequestDenied', 'Insufficient privileges to complete the operation.');

export const invalidToken = (message: string): GraphError => new GraphError(401, 'InvalidAuthenticationToken', message);

/**
 * Only tokens that were issued at or after a moment, in seconds, will do. The challenge is base64 of the claims that a
 * new token must have. Source: https://learn.microsoft.com/entra/identity-platform/claims-challenge
 */
export const claimsChallenge = (notBefore: number): GraphError => {
  const wanted = { access_token: { nbf: { essential: true, value: String(notBefore) } } };
  const challenge = Buffer.from(JSON.stringify(wanted)).toString('base64');
  const { status, code, message } = invalidToken(
    'Continuous access evaluation resulted in challenge with result: InteractionRequired.',
  );
  return new GraphError(status, code, message, {
    headers: { 'WWW-Authenticate': `Bearer realm="", error="insufficient_claims", claims="${challenge}"` },
  });
};

export const methodNotAllowed = (): GraphError =>
  new GraphError(405, 'Request_BadRequest', 'Specified HTTP method is not allowed for the request target.');

export const conflict = (property: string): GraphError => {
  const message = `Another object with the same value for property ${property} already exists.`;
  return badRequest(message, [{ code: 'ObjectConflict', message, target: property }]);
};

/** The error object as it travels. `date` has no zone, as Graph writes it. */
export const errorBody = (error: GraphError, requestId: string, clientRequestId: string, now: number): unknown => ({
  error: {
    code: error.code,
    message: error.message,
    ...(error.details.length > 0 && { details: error.details }),
    innerError: {
      date: new Date(now).toISOString().slice(0, 19),
      'request-id': requestId,
      'client-request-id': clientRequestId,
    },
  },
});
