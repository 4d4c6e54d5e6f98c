// Writes reach the readers late, and each replica in its own time. Source: https://learn.microsoft.com/entra/architecture/architecture
import { drawn } from './draw.ts';

const REPLICAS = 3;
/** The quickest replica takes this share of the delay. */
const QUICKEST = 0.4;
/** The index behind advanced queries, and what a service principal shows of its application, take so many times the delay. */
const SLOW = 1.5;

/** What can be removed and still be seen. */
export type Removable = 'user' | 'application' | 'servicePrincipal' | 'group' | 'assignment' | 'link' | 'review';

interface Write {
  readonly id: string;
  readonly number: number;
  readonly at: number;
  /** The body as it was; undefined for a new object. */
  readonly before: string | undefined;
  /** What kind of object was removed; undefined where it was written. */
  readonly removed: Removable | undefined;
  /** The user's session that wrote; an application has none. */
  readonly session: string | undefined;
}

/** How one request sees the directory: from one replica, or from the index, and what its own session wrote at once. */
export interface View {
  /** Nothing is on its way: the request sees everything as it is. */
  readonly isIdle: boolean;
  /** What was written so long ago the request sees for certain. Milliseconds of the tenant's clock. */
  readonly lagMs: number;
  /** Notes a write. `before` is the body as it was; undefined for a new object. */
  wrote(id: string, before: string | undefined): void;
  /** Notes that an object is gone, with the body that it had. */
  removed(kind: Removable, id: string, before: string): void;
  /** The body as the request sees it; undefined where it does not see the object yet. */
  seen(id: string, body: string): string | undefined;
  isSeen(id: string): boolean;
  /** The same of an application, as its service principal shows it: changes take longer, a new one is there at once. */
  mirrored(id: string, body: string): string;
  /** The ids of all objects that are seen as they were by somebody. */
  pending(): Iterable<string>;
  /** All objects of a kind that are gone and that the request still sees. */
  ghosts(kind: Removable): readonly string[];
}

/** Who looks, and with which request. */
export interface Look {
  /** Of a signed-in user; an application has no session, and no promise to see what it wrote. */
  readonly session?: string;
  /** Reads differ by it: the request's number, and an item's in its batch. */
  readonly place: readonly number[];
  /** An advanced query is answered from the index. */
  readonly isIndexed: boolean;
}

/** The directory as it is, with nothing on its way. */
export const SETTLED: View = {
  isIdle: true,
  lagMs: 0,
  wrote: () => undefined,
  removed: () => undefined,
  seen: (_id, body) => body,
  isSeen: () => true,
  mirrored: (_id, body) => body,
  pending: () => [],
  ghosts: () => [],
};

/** Remembers writes for as long as somebody may not see them. Without a delay it is free. */
export class Replication {
  readonly #delayMs: number;
  readonly #seed: number;
  readonly #now: () => number;
  /** Of each object, oldest first. */
  readonly #byId = new Map<string, Write[]>();
  /** All, in the order in which they will be forgotten. */
  readonly #writes: Write[] = [];
  #forgotten = 0;
  #count = 0;

  constructor(delayMs: number, seed: number, now: () => number) {
    this.#delayMs = delayMs;
    this.#seed = seed;
    this.#now = now;
  }

  view(look: Look): View {
    if (this.#delayMs === 0) return SETTLED;
    this.#forget();
    const { session, place, isIndexed } = look;
    const replica = Math.floor(drawn(this.#seed, ...place) * REPLICAS);
    const now = this.#now();
    const arrives = (write: Write): boolean => {
      if (isIndexed) return write.at + this.#delayMs * SLOW <= now;
      if (session !== undefined && write.session === session) return true;
      const share = QUICKEST + (1 - QUICKEST) * drawn(this.#seed, write.number, replica);
      return write.at + this.#delayMs * share <= now;
    };
    const isMirrored = ({ at, before }: Write): boolean => before === undefined || at + this.#delayMs * SLOW <= now;
    const ghostOf = (kind: Removable, id: string): string | undefined => {
      const writes = this.#byId.get(id) ?? [];
      return writes.at(-1)?.removed === kind ? bodyFor(writes, undefined, arrives) : undefined;
    };
    const seen: View['seen'] = (id, body) => bodyFor(this.#byId.get(id), body, arrives);
    return {
      isIdle: this.#byId.size === 0,
      lagMs: this.#delayMs * (isIndexed ? SLOW : 1),
      wrote: (id, before) => this.#note({ id, before, session, removed: undefined }),
      removed: (kind, id, before) => this.#note({ id, before, session, removed: kind }),
      seen,
      isSeen: (id) => seen(id, '') !== undefined,
      mirrored: (id, body) => bodyFor(this.#byId.get(id), body, isMirrored) ?? body,
      pending: () => this.#byId.keys(),
      ghosts: (kind) => {
        const ids = new Set(
          this.#writes.slice(this.#forgotten).flatMap(({ removed, id }) => (removed === kind ? [id] : [])),
        );
        return [...ids].flatMap((id) => ghostOf(kind, id) ?? []);
      },
    };
  }

  #note(write: Omit<Write, 'number' | 'at'>): void {
    this.#count += 1;
    const noted: Write = { ...write, number: this.#count, at: this.#now() };
    this.#writes.push(noted);
    const earlier = this.#byId.get(write.id);
    if (earlier) earlier.push(noted);
    else this.#byId.set(write.id, [noted]);
  }

  /** Forgets what everybody sees by now. */
  #forget(): void {
    const since = this.#now() - this.#delayMs * SLOW;
    for (let next = this.#writes[this.#forgotten]; next && next.at <= since; next = this.#writes[this.#forgotten]) {
      this.#forgotten += 1;
      const writes = this.#byId.get(next.id)!;
      if (writes.length === 1) this.#byId.delete(next.id);
      else writes.shift();
    }
    // Moving the rest costs as much as the rest is long: only when as much is behind it.
    if (this.#forgotten * 2 < this.#writes.length) return;
    this.#writes.splice(0, this.#forgotten);
    this.#forgotten = 0;
  }
}

/** The body behind the newest write that has arrived; the one before all of them where none has. */
const bodyFor = (
  writes: readonly Write[] | undefined,
  body: string | undefined,
  arrives: (write: Write) => boolean,
): string | undefined => {
  if (!writes) return body;
  const arrived = writes.findLastIndex(arrives);
  return arrived === writes.length - 1 ? body : writes[arrived + 1]!.before;
};
