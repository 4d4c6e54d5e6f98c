// Sets of (user, role), a million of them in little memory.
import { hash } from 'node:crypto';

/** 32-bit words that stand for one pair. */
const WORDS = 4;
/** Hexadecimal digits of one of them. */
const HEX = 8;
const FIRST_SLOTS = 1024;
/** Of the slots, so many are taken at most: searching stays short. */
const FULLEST = 0.6;

/**
 * A set of pairs of a user's id and a role's, kept as 16 bytes each: the beginning of a SHA-256 over both, by which two
 * pairs are as good as never confused. Ids are compared without regard to case.
 */
export class PairSet {
  #slots = new Uint32Array(FIRST_SLOTS * WORDS);
  #size = 0;
  /** Slots that hold a pair or held one: a search must go past them. */
  #used = 0;

  get size(): number {
    return this.#size;
  }

  has(principalId: string, roleId: string): boolean {
    return this.#find(words(principalId, roleId)) >= 0;
  }

  /** Answers whether the pair was not there before. */
  add(principalId: string, roleId: string): boolean {
    const pair = words(principalId, roleId);
    if (this.#find(pair) >= 0) return false;
    if ((this.#used + 1) * WORDS > this.#slots.length * FULLEST) this.#grow();
    this.#put(pair, 0);
    this.#size += 1;
    return true;
  }

  /** Answers whether the pair was there. */
  delete(principalId: string, roleId: string): boolean {
    const at = this.#find(words(principalId, roleId));
    if (at < 0) return false;
    this.#slots.fill(0, at, at + WORDS);
    this.#slots[at] = REMOVED;
    this.#size -= 1;
    return true;
  }

  #find(pair: Uint32Array): number {
    const slots = this.#slots;
    for (let at = this.#start(pair, 0); ; at = (at + WORDS) % slots.length) {
      if (isFree(slots, at)) return -1;
      if (pair.every((word, i) => slots[at + i] === word)) return at;
    }
  }

  /** Puts in the pair that stands in `from` at a place. */
  #put(from: Uint32Array, place: number): void {
    const slots = this.#slots;
    let at = this.#start(from, place);
    while (!isFree(slots, at)) at = (at + WORDS) % slots.length;
    for (let i = 0; i < WORDS; i += 1) slots[at + i] = from[place + i]!;
    this.#used += 1;
  }

  #start(from: Uint32Array, place: number): number {
    return (from[place + 1]! % (this.#slots.length / WORDS)) * WORDS;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Uint32Array(old.length * 2);
    this.#used = 0;
    for (let at = 0; at < old.length; at += WORDS) {
      if (!isFree(old, at) && !isRemoved(old, at)) this.#put(old, at);
    }
  }
}

/** In a slot's first word, with zeros behind it: a pair was here. */
const REMOVED = 1;

const isFree = (slots: Uint32Array, at: number): boolean =>
  slots[at] === 0 && slots[at + 1] === 0 && slots[at + 2] === 0 && slots[at + 3] === 0;

const isRemoved = (slots: Uint32Array, at: number): boolean =>
  slots[at] === REMOVED && slots[at + 1] === 0 && slots[at + 2] === 0 && slots[at + 3] === 0;

/** The pair that was asked about last. One for all: a buffer for each of a million pairs takes longer to free than to fill. */
const asked = new Uint32Array(WORDS);

const words = (principalId: string, roleId: string): Uint32Array => {
  const digest = hash('sha256', `${principalId} ${roleId}`.toLowerCase(), 'hex');
  for (let i = 0; i < WORDS; i += 1) asked[i] = Number.parseInt(digest.slice(i * HEX, (i + 1) * HEX), 16);
  return asked;
};
