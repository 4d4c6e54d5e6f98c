// Starts the local tenant, for the tenant command and for "directory: local", and tells in words why it cannot be.
import { RollcallError } from '../model/errors.ts';
import type { RunningTenant, TenantOptions } from '../tenant/server.ts';

/** The tenant, ready. Throws {@link RollcallError} that says what to do. */
export const startLocalTenant = async (options: TenantOptions): Promise<RunningTenant> => {
  const { startTenant } = await import('../tenant/server.ts');
  try {
    return await startTenant(options);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const remedy =
      code === 'EADDRINUSE'
        ? `Port ${options.port} is in use: stop what uses it, or take a free one with --port 0.`
        : code === 'ERR_SQLITE_ERROR' && options.data !== undefined
          ? `Check that ${options.data} is a directory of the local tenant, and that it and its folder can be written to.`
          : 'Correct the file or the option that is named, and run the same command again.';
    throw new RollcallError(`The local tenant cannot be started: ${message}.`, remedy, { cause: error });
  }
};
