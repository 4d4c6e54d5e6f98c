// What a command gives a source to work with: the places of secrets, and the environment for proxies.
import type { SourceTools } from '../model/source.ts';
import type { Io } from './io.ts';

export const sourceTools = ({ env }: Pick<Io, 'env'>): SourceTools => ({
  readSecret: async (ref) => (await import('../config/secrets.ts')).readSecret(ref, env),
  env,
});
