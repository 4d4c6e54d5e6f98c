// What people write of how a channel's web API is reached. Each kind that has one puts these among its own keys.
import { z } from 'zod';
import type { ReachSettings } from '../../model/channel-settings.ts';
import { object, type ToPath, text } from '../shapes.ts';

const seconds = z.number().positive('expected seconds').max(3600, 'expected at most 3600 seconds');

export const reachKeys = {
  caFile: text.optional().describe('Certificates (PEM) to trust besides those of the operating system.'),
  timeLimits: object({
    connect: seconds.optional().describe('To connect. Default: 10.'),
    answer: seconds.optional().describe('For a whole answer. Default: 60.'),
  })
    .optional()
    .describe('In seconds.'),
  repeats: z
    .int('expected a whole number')
    .min(0, 'expected 0 to 20')
    .max(20, 'expected 0 to 20')
    .optional()
    .describe('How often a request is sent again when its answer was lost, or the server says "later". Default: 5.'),
  longestWait: seconds
    .optional()
    .describe('For how many seconds a server that says "later" is waited for, for each request. Default: 300.'),
};

const reachWritten = object(reachKeys);

export const reachSettings = (written: z.infer<typeof reachWritten>, path: ToPath): ReachSettings => ({
  caFile: written.caFile === undefined ? null : path(written.caFile),
  timeLimits: { connect: written.timeLimits?.connect ?? 10, answer: written.timeLimits?.answer ?? 60 },
  repeats: written.repeats ?? 5,
  longestWait: written.longestWait ?? 300,
});
