// The error that stops a command before its first write, because something that it needs is not granted.
import type { Session } from '../model/directory.ts';
import { RollcallError } from '../model/errors.ts';
import type { Judged } from './needs.ts';
import { askBriefly, askForRole } from './words.ts';

/** What is not granted, each with what it is for. The last line of what it says names the permission, or the role. */
export class PermissionError extends RollcallError {
  override readonly name = 'PermissionError';
  /** The permissions that are not held; empty where only a role is lacking. */
  readonly permissions: readonly string[];

  constructor(lacking: readonly Judged[], session: Session) {
    const notHeld = lacking.filter(({ heldAs }) => heldAs === null);
    const list = lacking.map(
      ({ permission, to, heldAs, roles }) => `  - ${heldAs === null ? permission : roles?.join(' or ')}, to ${to}`,
    );
    super(
      `Nothing has been written: ${session.name} lacks what the plan needs:\n${list.join('\n')}`,
      notHeld.length > 0
        ? askBriefly(notHeld, session)
        : lacking.map(({ roles = [], to }) => askForRole(roles, to, session)).join(' '),
    );
    this.permissions = [...new Set(notHeld.map(({ permission }) => permission))];
  }
}
