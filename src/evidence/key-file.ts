// A new private key as a file, for its owner alone.
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { RollcallError } from '../model/errors.ts';
import { privateKeyOf } from './keys.ts';

/** Writes a private key in PEM. Errors: {@link RollcallError}, also where the file is there already: a key is never written over. */
export const createKeyFile = async (file: string, key: string): Promise<void> => {
  try {
    await mkdir(dirname(file), { recursive: true });
    const handle = await open(file, 'wx', 0o600);
    try {
      await handle.writeFile(privateKeyOf(key, file).export({ format: 'pem', type: 'pkcs8' }));
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === 'EEXIST' ? 'it is there already, and a key is never written over' : message;
    throw new RollcallError(`The key cannot be written to ${file}: ${why}.`, 'Name another file with --to.');
  }
};
