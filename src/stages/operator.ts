// Who sits at this machine, for the record.
import { userInfo } from 'node:os';

/** The name of the operating system's user. */
export const operator = (): string => {
  try {
    return userInfo().username;
  } catch {
    return 'unknown';
  }
};
