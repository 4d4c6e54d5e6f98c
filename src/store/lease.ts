// A lease keeps two Rollcalls from working on one application at once, and ends by itself if its holder dies.
import { hostname } from 'node:os';
import type { Kysely } from 'kysely';
import { RollcallError } from '../model/errors.ts';
import type { Tables } from './tables.ts';

/** A lease that is not renewed for this long is anybody's. */
const LASTS_MS = 60_000;
const RENEW_EVERY_MS = 15_000;

interface Owner {
  readonly host: string;
  readonly pid: number;
  /** What the holder does, for the message to the one who must wait. */
  readonly purpose: string;
  readonly since: string;
  /** Tells two leases of one process apart. */
  readonly token: string;
}

export interface Lease {
  /** Throws {@link LeaseLostError} if another process has taken the lease over. Asked before each write. */
  assertHeld(): void;
  release(): Promise<void>;
}

export class LeaseLostError extends RollcallError {
  override readonly name = 'LeaseLostError';
  constructor(name: string) {
    super(
      `The lease on ${name} was lost: this process was held up for longer than ${LASTS_MS / 1000} seconds.`,
      'Run the same command again; what is done already is not done twice.',
    );
  }
}

/**
 * Takes the lease on `name`, also from a holder that has died or has not renewed it for a minute.
 *
 * Errors: {@link RollcallError} that names the holder, while another has it.
 */
export const takeLease = async (db: Kysely<Tables>, name: string, purpose: string): Promise<Lease> => {
  const owner: Owner = {
    host: hostname(),
    pid: process.pid,
    purpose,
    since: new Date().toISOString(),
    token: crypto.randomUUID(),
  };
  const text = JSON.stringify(owner);
  let heldUntil = 0;
  for (let isMine = false; !isMine; ) {
    const held = await db.selectFrom('leases').selectAll().where('name', '=', name).executeTakeFirst();
    if (held && held.expires_at > Date.now() && !isDead(JSON.parse(held.owner)))
      throw busy(name, JSON.parse(held.owner));
    heldUntil = Date.now() + LASTS_MS;
    isMine = await seize(db, held, { name, owner: text, expires_at: heldUntil });
  }

  let lost = false;
  const renew = async () => {
    const until = Date.now() + LASTS_MS;
    const mine = db.updateTable('leases').set({ expires_at: until }).where('name', '=', name).where('owner', '=', text);
    const { numUpdatedRows } = await mine.executeTakeFirstOrThrow();
    if (numUpdatedRows === 0n) lost = true;
    else heldUntil = until;
  };
  // A renewal that fails (a full disk, a locked file) is tried again in time; if it keeps failing, the lease runs out.
  const timer = setInterval(() => renew().catch(() => undefined), RENEW_EVERY_MS);
  timer.unref();

  return {
    assertHeld: () => {
      // Once it has run out it is lost, even if the clock is set back: another may have taken it.
      lost ||= Date.now() > heldUntil;
      if (lost) throw new LeaseLostError(name);
    },
    release: async () => {
      clearInterval(timer);
      await db.deleteFrom('leases').where('name', '=', name).where('owner', '=', text).execute();
    },
  };
};

/** Puts a lease in the place of the one that was looked at. Answers false if that has changed meanwhile. */
const seize = async (
  db: Kysely<Tables>,
  held: Tables['leases'] | undefined,
  mine: Tables['leases'],
): Promise<boolean> => {
  if (held === undefined) {
    const insert = db
      .insertInto('leases')
      .values(mine)
      .onConflict((conflict) => conflict.doNothing());
    return (await insert.executeTakeFirstOrThrow()).numInsertedOrUpdatedRows === 1n;
  }
  const update = db
    .updateTable('leases')
    .set(mine)
    .where('name', '=', held.name)
    .where('owner', '=', held.owner)
    .where('expires_at', '=', held.expires_at);
  return (await update.executeTakeFirstOrThrow()).numUpdatedRows === 1n;
};

/** Whether the holder certainly lives no more: it ran on this machine, and no process has its number now. */
const isDead = (owner: Owner): boolean => {
  if (owner.host !== hostname()) return false;
  try {
    process.kill(owner.pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
};

const busy = (name: string, { host, pid, purpose, since }: Owner): RollcallError =>
  new RollcallError(
    `Another Rollcall is working on ${name}: ${purpose}, process ${pid} on ${host}, since ${since}.`,
    'Wait until it has ended. If it has died, its lease ends by itself within a minute.',
  );
