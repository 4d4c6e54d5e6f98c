// What is different between a roster and the directory's assignments.
import { PairSet } from '../model/pairs.ts';

/** An assignment that the roster calls for. */
export interface CalledFor {
  readonly row: number;
  readonly principalId: string;
  readonly principalName: string;
  readonly roleId: string;
  readonly roleName: string;
}

/** An assignment of a user that no account of the newest roster calls for. */
export interface WithoutAccount {
  readonly id: string;
  readonly principalId: string;
  readonly principalName: string;
  readonly roleId: string;
}

/** An assignment as the directory has it. */
interface Held {
  readonly id: string;
  readonly principalId: string;
  readonly principalType: string;
  readonly principalDisplayName: string;
  readonly appRoleId: string;
}

export interface Drift {
  /** The roster calls for it, the directory had it, and has it no more. */
  readonly withdrawn: readonly CalledFor[];
  /** The roster calls for it, and the directory was never seen to have it. */
  readonly unassigned: readonly CalledFor[];
  readonly withoutAccount: readonly WithoutAccount[];
}

/**
 * Holds the directory's assignments against those that a roster calls for. `had` are those that the directory was seen to
 * have before; `mayHold` are users whom an account may belong to, although nobody knows yet.
 */
export const driftOf = async (
  calledFor: () => AsyncIterable<CalledFor>,
  held: AsyncIterable<readonly Held[]>,
  had: PairSet | undefined,
  mayHold: ReadonlySet<string>,
): Promise<Drift> => {
  const wanted = new PairSet();
  for await (const { principalId, roleId } of calledFor()) wanted.add(principalId, roleId);
  const there = new PairSet();
  const withoutAccount: WithoutAccount[] = [];
  for await (const page of held) {
    for (const { id, principalId, principalType, principalDisplayName, appRoleId } of page) {
      // A list that changes while it is read can show a row twice.
      if (!there.add(principalId, appRoleId) || wanted.has(principalId, appRoleId)) continue;
      if (principalType === 'User' && !mayHold.has(principalId))
        withoutAccount.push({ id, principalId, principalName: principalDisplayName, roleId: appRoleId });
    }
  }
  const withdrawn: CalledFor[] = [];
  const unassigned: CalledFor[] = [];
  for await (const one of calledFor()) {
    if (there.has(one.principalId, one.roleId)) continue;
    if (had?.has(one.principalId, one.roleId)) withdrawn.push(one);
    else unassigned.push(one);
  }
  return { withdrawn, unassigned, withoutAccount };
};
