// Which channel a configuration names. Its code, and what it is made of, is loaded when it is used.
import type { Channel, ChannelTools } from '../../model/channel.ts';
import type { ChannelSettings } from '../../model/channel-settings.ts';

/** Opens a channel; nothing is sent yet. */
export const openChannel = async (settings: ChannelSettings, tools: ChannelTools): Promise<Channel> => {
  switch (settings.kind) {
    case 'csv':
      return (await import('./csv.ts')).csvChannel(settings, tools);
    case 'email':
      return (await import('./email.ts')).emailChannel(settings, tools);
    case 'serviceNow':
      return (await import('./service-now/service-now.ts')).serviceNowChannel(settings, tools);
    case 'webhook':
      return (await import('./webhook.ts')).webhookChannel(settings, tools);
  }
};
