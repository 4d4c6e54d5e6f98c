// Device codes: asked for on one device, answered by a person on another, redeemed by the first.
import { randomBytes, randomInt } from 'node:crypto';
import { OAuthError } from './oauth-error.ts';

/** Seconds. Source: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code */
const LIFETIME_S = 900;
const INTERVAL_S = 5;
/** Letters and digits that are not taken for each other. */
const LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';
const CODE_LENGTH = 9;

interface Pending {
  readonly userCode: string;
  readonly scope: string;
  readonly until: number;
  /** Undefined for as long as nobody answered. */
  answer: { readonly personId: string } | 'declined' | undefined;
}

export interface DeviceCodes {
  begin(scope: string): { readonly deviceCode: string; readonly userCode: string };
  /** A person's answer. False when there is no such code, or no longer. */
  answer(userCode: string, answer: { readonly personId: string } | 'declined'): boolean;
  /** Who signed in. Throws `authorization_pending` and what else a poll is told. */
  redeem(deviceCode: string): { readonly personId: string; readonly scope: string };
  readonly lifetimeS: number;
  readonly intervalS: number;
}

export const createDeviceCodes = (now: () => number): DeviceCodes => {
  const pending = new Map<string, Pending>();
  return {
    lifetimeS: LIFETIME_S,
    intervalS: INTERVAL_S,
    begin: (scope) => {
      const deviceCode = randomBytes(48).toString('base64url');
      const userCode = Array.from({ length: CODE_LENGTH }, () => LETTERS[randomInt(LETTERS.length)]).join('');
      pending.set(deviceCode, { userCode, scope, until: now() + LIFETIME_S * 1000, answer: undefined });
      return { deviceCode, userCode };
    },
    answer: (userCode, answer) => {
      const asked = userCode.trim().toUpperCase();
      const found = [...pending.values()].find((one) => one.userCode === asked);
      if (!found || found.until <= now() || found.answer !== undefined) return false;
      found.answer = answer;
      return true;
    },
    redeem: (deviceCode) => {
      const found = pending.get(deviceCode);
      if (!found) throw new OAuthError('bad_verification_code', 70018, 'The device code is not known.');
      if (found.answer === 'declined') {
        pending.delete(deviceCode);
        throw new OAuthError('authorization_declined', 65004, 'The user declined to sign in on the device.');
      }
      if (found.until <= now()) {
        pending.delete(deviceCode);
        throw new OAuthError('expired_token', 70019, 'The verification code expired.');
      }
      if (!found.answer) {
        const message = 'OAuth 2.0 device flow error. Authorization is pending. Continue polling.';
        throw new OAuthError('authorization_pending', 70016, message);
      }
      pending.delete(deviceCode);
      return { personId: found.answer.personId, scope: found.scope };
    },
  };
};
