// What a directory asks of the next token when it refuses one.

/**
 * What a claims challenge asks the next token to carry, as JSON.
 * Source: https://learn.microsoft.com/entra/identity-platform/claims-challenge
 */
export const claimsIn = (challenge: string | undefined): string | undefined => {
  const encoded = challenge && /\bclaims="([^"]+)"/.exec(challenge)?.[1];
  return encoded ? Buffer.from(encoded, 'base64').toString('utf8') : undefined;
};
