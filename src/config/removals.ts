// removals: what people write of how removals are ordered and when they are overdue, and what the code uses.
import { z } from 'zod';
import type { RemovalSettings } from '../model/settings.ts';
import { channelSettings, channelWritten } from './channels/channels.ts';
import { object, type ToPath } from './shapes.ts';

const days = z.int('expected whole days').min(1, 'expected at least 1').max(3650, 'expected at most 3650').optional();

export const removalsWritten = object({
  channel: channelWritten.optional(),
  due: days.describe('Days from the day a removal is known to the day by which it is to be done. Default: 14.'),
  remind: days.describe('Days between two reminders of a removal that is overdue. Default: 7.'),
  escalate: days.describe('Days after which a removal that is overdue is told to whoever stands above. Default: 14.'),
})
  .optional()
  .describe('How removals are ordered from those who run the application, and when they are overdue.');

export const removalSettings = (written: z.infer<typeof removalsWritten>, path: ToPath): RemovalSettings => {
  const { channel, due, remind, escalate } = written ?? {};
  return {
    channel: channel === undefined ? null : channelSettings(channel, path),
    dueDays: due ?? 14,
    remindDays: remind ?? 7,
    escalateDays: escalate ?? 14,
  };
};
