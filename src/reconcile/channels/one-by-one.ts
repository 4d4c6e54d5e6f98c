// Orders that are placed one by one: what concerns one is told of it, what concerns all ends the work.
import type { OrderReport, Placed } from '../../model/channel.ts';
import { ChannelDownError, ChannelError } from '../../model/errors.ts';
import type { Removal } from '../../model/removal.ts';

/** So many refusals in a row are no matter of single removals any more. */
const REFUSALS_IN_A_ROW = 10;

/** Places each in turn, and tells of it before the next is tried. Errors: {@link ChannelDownError}; what `signal` says. */
export const placeEach = async (
  removals: readonly Removal[],
  report: OrderReport,
  signal: AbortSignal,
  place: (removal: Removal) => Promise<Placed>,
): Promise<void> => {
  let refusals = 0;
  for (const removal of removals) {
    signal.throwIfAborted();
    const result = await place(removal).catch((error: unknown) => onlyThisOne(error));
    if (!(result instanceof ChannelError)) {
      await report.placed(removal, result);
      refusals = 0;
      continue;
    }
    await report.refused(removal, result);
    refusals += 1;
    if (refusals === REFUSALS_IN_A_ROW) throw tooMany(result);
  }
};

/** Does something for each; what fails for single ones is thrown when all have had their turn. */
export const doEach = async (
  removals: readonly Removal[],
  signal: AbortSignal,
  act: (removal: Removal) => Promise<void>,
): Promise<void> => {
  const failed: ChannelError[] = [];
  for (const removal of removals) {
    signal.throwIfAborted();
    const error = await act(removal).then(() => undefined, onlyThisOne);
    if (error === undefined) continue;
    failed.push(error);
    if (failed.length === REFUSALS_IN_A_ROW) throw tooMany(error);
  }
  const [first] = failed;
  if (first === undefined) return;
  const more = failed.length === 1 ? '' : ` (and ${failed.length - 1} more like it)`;
  throw new ChannelError(`${first.message}${more}`, first.remedy, { cause: first });
};

const onlyThisOne = (error: unknown): ChannelError => {
  if (error instanceof ChannelError && !(error instanceof ChannelDownError)) return error;
  throw error;
};

const tooMany = (last: ChannelError): ChannelDownError =>
  new ChannelDownError(
    `${REFUSALS_IN_A_ROW} removals were refused one after the other, the last with: ${last.message}`,
    last.remedy,
    { cause: last },
  );
