// removals.channel.csv: what people write of files for the application's owner, and what the code uses.
import type { z } from 'zod';
import type { CsvChannelSettings } from '../../model/channel-settings.ts';
import { object, type ToPath, text } from '../shapes.ts';

export const csvChannelWritten = object({
  folder: text.describe('Where the files go, seen from this one. It is made if need be.'),
}).describe("Files for the application's owner, one each time something is ordered.");

export const csvChannelSettings = (written: z.infer<typeof csvChannelWritten>, path: ToPath): CsvChannelSettings => ({
  kind: 'csv',
  folder: path(written.folder),
});
