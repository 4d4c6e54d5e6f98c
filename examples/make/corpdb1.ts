// CORPDB1: a company database of some 500 accounts that shows every outcome a healthy run can have.
import { writeFileSync } from 'node:fs';
import { stringify } from 'csv-stringify/sync';
import { corpdb1Accounts } from './corpdb1-accounts.ts';
import { composeMatched } from './corpdb1-matched.ts';
import { composeOthers } from './corpdb1-others.ts';
import { randomFrom } from './random.ts';
import { times } from './times.ts';
import { shuffled, writeExample } from './write.ts';

const COLUMNS = ['Login', 'Full name', 'EMail', 'EmployeeId', 'Department', 'Role'];
const FOLDER = new URL('../corpdb1/', import.meta.url);

/** Users of the directory who have no account in the application. */
const OUTSIDERS = 290;

/** Reviews the access, and has none. */
const OWNER = { given: 'Olivia', family: 'Owens', alias: 'corpdb1.owner', domain: 'contoso.com' };

export const makeCorpdb1 = (): void => {
  const random = randomFrom(500);
  const accounts = corpdb1Accounts(random);
  composeMatched(accounts);
  composeOthers(accounts);
  accounts.users.add(accounts.people.next(OWNER));
  times(OUTSIDERS, () => accounts.users.add(accounts.people.next()));
  writeExample({
    folder: FOLDER,
    application: 'CORPDB1',
    source: { columns: COLUMNS, lineEnd: '\n' },
    keyColumn: 'Login',
    rows: shuffled(accounts.groups, random),
    users: accounts.users.all,
  });
  const overrides = [['Login', 'decision', 'user', 'reason'], ...accounts.overrides];
  writeFileSync(new URL('overrides.csv', FOLDER), stringify(overrides));
};
