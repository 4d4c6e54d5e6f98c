// Several pieces of work under way at once, with no more in memory than that.

/**
 * Works on items as they come and hands on results in the order in which they are done. Items are fetched only when
 * there is room for them by the limit of the moment, so a slow taker slows the source.
 *
 * Errors: the first failure of a piece of work, or of the source, ends it; what is under way then is abandoned, and its
 * signal aborted.
 */
export async function* inParallel<Item, Result>(
  items: Iterable<Item> | AsyncIterable<Item>,
  limit: () => number,
  work: (item: Item, signal: AbortSignal) => Promise<Result>,
  signal?: AbortSignal,
): AsyncGenerator<Result> {
  const ended = new AbortController();
  const all = signal ? AbortSignal.any([signal, ended.signal]) : ended.signal;
  const underWay = new Set<Promise<unknown>>();
  const done: Result[] = [];
  const start = (item: Item): void => {
    const piece = work(item, all).then((result) => {
      underWay.delete(piece);
      done.push(result);
    });
    // The failure is met where the piece is waited for; until then it must not count as unhandled.
    piece.catch(() => undefined);
    underWay.add(piece);
  };
  try {
    for await (const item of items) {
      signal?.throwIfAborted();
      start(item);
      while (underWay.size >= limit()) await Promise.race(underWay);
      yield* done.splice(0);
    }
    // While the taker works on one result, the others may all have come to their end.
    while (underWay.size > 0 || done.length > 0) {
      if (done.length === 0) await Promise.race(underWay);
      yield* done.splice(0);
    }
  } finally {
    ended.abort();
  }
}
