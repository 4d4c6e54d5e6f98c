// removals.channel: which way of ordering is written, one key a kind. A new kind is a file beside this one, and a line in each of two places.
import type { z } from 'zod';
import type { ChannelSettings } from '../../model/channel-settings.ts';
import { object, type ToPath } from '../shapes.ts';
import { csvChannelSettings, csvChannelWritten } from './csv.ts';
import { emailSettings, emailWritten } from './email.ts';
import { serviceNowSettings, serviceNowWritten } from './service-now.ts';
import { webhookSettings, webhookWritten } from './webhook.ts';

const kinds = {
  csv: csvChannelWritten.optional(),
  email: emailWritten.optional(),
  serviceNow: serviceNowWritten.optional(),
  webhook: webhookWritten.optional(),
};

export const channelWritten = object(kinds)
  .superRefine((written, context) => {
    const named = Object.keys(written).filter((key) => key in kinds);
    if (named.length === 1 || context.issues.some(({ code }) => code === 'unrecognized_keys')) return;
    const message =
      named.length === 0
        ? `missing; expected one kind of channel: ${Object.keys(kinds).join(', ')}`
        : `expected one kind of channel, not ${named.length}: ${named.join(', ')}`;
    context.addIssue({ code: 'custom', message });
  })
  .describe('How removals are ordered: one kind of channel.');

export const channelSettings = (written: z.infer<typeof channelWritten>, path: ToPath): ChannelSettings => {
  if (written.csv) return csvChannelSettings(written.csv, path);
  if (written.email) return emailSettings(written.email, path);
  if (written.serviceNow) return serviceNowSettings(written.serviceNow, path);
  if (written.webhook) return webhookSettings(written.webhook, path);
  throw new RangeError('the schema lets no file pass that names no channel');
};
