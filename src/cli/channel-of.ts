// The channel that a configuration names, with what a command gives it to work with. Loaded when it is used.
import type { Channel } from '../model/channel.ts';
import type { ChannelSettings } from '../model/channel-settings.ts';
import { type Clock, systemClock } from '../model/clock.ts';
import type { Io } from './io.ts';
import { sourceTools } from './source-tools.ts';

/** Opens it; nothing is sent yet. Whoever opens it closes it. */
export const channelOf = async (
  settings: ChannelSettings,
  io: Pick<Io, 'env'>,
  clock: Clock = systemClock,
): Promise<Channel> => {
  const { openChannel } = await import('../reconcile/channels/index.ts');
  return openChannel(settings, { ...sourceTools(io), clock });
};
