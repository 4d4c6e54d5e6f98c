// removals.channel.webhook: what people write of a program of their own that takes orders, and what the code uses.
import type { z } from 'zod';
import type { WebhookSettings } from '../../model/channel-settings.ts';
import { object, secretPlace, secretRef, type ToPath, text, url } from '../shapes.ts';
import { reachKeys, reachSettings } from './reach.ts';

export const webhookWritten = object({
  address: url.describe('Where orders are posted to.'),
  secret: secretRef.describe('The key that signs every request; the receiver holds the same.'),
  states: text
    .refine(
      (written) => written.split('{id}').length === 2 && url.safeParse(written.replace('{id}', 'id')).success,
      'expected an https address with {id} in it (http only for this machine itself)',
    )
    .optional()
    .describe("Where an order's state is read; {id} stands for the removal's id. Default: states are not read."),
  ...reachKeys,
}).describe('Signed requests to a program of your own, one a removal.');

export const webhookSettings = (written: z.infer<typeof webhookWritten>, path: ToPath): WebhookSettings => ({
  kind: 'webhook',
  address: written.address,
  secret: secretPlace(written.secret, path),
  states: written.states ?? null,
  reach: reachSettings(written, path),
});
