// The examples come out as their expected.json says, which was written before any code ran.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import { postgresqlMissing, startPostgresql } from '../support/databases.ts';
import { slapdMissing, startSlapd } from '../support/slapd.ts';
import { exampleWorld, readAll, stats } from './support/world.ts';

const OUTCOMES = [
  'rows',
  'matched',
  'notQueried',
  'duplicate',
  'notMatched',
  'ambiguous',
  'queryFailed',
  'ignored',
  'notEnabled',
];

/** How the source of an example is set up in the folder that it was copied to, as its README says. */
interface Prepared {
  readonly example: string;
  readonly missing?: string | undefined;
  readonly prepare?: (folder: string) => Promise<void>;
}

const named = (example: string, missing: string | undefined): string => (missing ? `${example} (${missing})` : example);

const EXAMPLES: readonly Prepared[] = [
  { example: 'corpdb1' },
  { example: 'sap-cloud-identity' },
  { example: 'mainframe' },
  {
    example: 'wiki-openldap',
    missing: slapdMissing,
    prepare: async (folder) => {
      const slapd = await startSlapd({ load: join(folder, 'directory.ldif') });
      onTestFinished(() => slapd.close());
      writeFileSync(join(folder, 'password'), slapd.password);
      change(folder, [
        ['ldap://localhost:3389', `ldap://127.0.0.1:${slapd.port}`],
        ['{ env: LDAP_PASSWORD }', '{ file: password }'],
      ]);
    },
  },
  {
    example: 'helpdesk-sql',
    prepare: async (folder) => {
      const database = new DatabaseSync(join(folder, 'helpdesk.db'));
      database.exec(readFileSync(join(folder, 'helpdesk.sql'), 'utf8'));
      database.close();
    },
  },
];

/** Changes texts of an example's configuration, each of which must stand in it. */
const change = (folder: string, texts: readonly (readonly [from: string, to: string])[]): void => {
  const file = join(folder, 'rollcall.yaml');
  let yaml = readFileSync(file, 'utf8');
  for (const [from, to] of texts) {
    expect(yaml).toContain(from);
    yaml = yaml.replace(from, to);
  }
  writeFileSync(file, yaml);
};

for (const { example, missing, prepare } of EXAMPLES) {
  test.skipIf(missing !== undefined)(
    `${named(example, missing)}: outcomes, users created and assignments equal what is expected`,
    async () => {
      const world = await exampleWorld(example, `example-${example}`);
      await prepare?.(world.folder);
      const expected = JSON.parse(readFileSync(join(world.folder, 'expected.json'), 'utf8'));

      const result = await world.json(2, 'run', '--yes');

      for (const kind of OUTCOMES) expect({ [kind]: result[kind] }).toEqual({ [kind]: expected[kind] });
      expect(result).toMatchObject({ created: expected.created, assigned: expected.assigned, missing: 0, refused: 0 });

      // What the plan said that it would cost is what it cost.
      const { plan, stages } = result as unknown as {
        readonly plan: { readonly estimate: { readonly requests: number; readonly writes: number } };
        readonly stages: Readonly<Record<'apply' | 'verify', { readonly requests: number; readonly writes: number }>>;
      };
      expect(stages.apply.writes).toBe(plan.estimate.writes);
      expect(Math.abs(stages.apply.requests + stages.verify.requests - plan.estimate.requests)).toBeLessThanOrEqual(2);

      const [principal] = await readAll(
        world.tenant,
        `/servicePrincipals?$filter=displayName eq '${expected.application}'`,
      );
      const assignments = await readAll(world.tenant, `/servicePrincipals/${principal!['id']}/appRoleAssignedTo`);
      const roles = principal!['appRoles'] as { id: string; displayName: string }[];
      const held = Object.fromEntries(
        roles.map(({ id, displayName }) => [displayName, assignments.filter((one) => one['appRoleId'] === id).length]),
      );
      expect(held).toEqual(expected.roles);
      expect(principal).toMatchObject({ appRoleAssignmentRequired: true });
      expect(principal!['tags']).toContain('WindowsAzureActiveDirectoryIntegratedApp');
    },
  );

  test.skipIf(missing !== undefined)(`${named(example, missing)}: a second run changes nothing`, async () => {
    const world = await exampleWorld(example, `second-run-${example}`);
    await prepare?.(world.folder);
    await world.rollcall('run', '--yes');
    const before = await stats(world.tenant);

    const second = await world.json(2, 'run');

    const after = await stats(world.tenant);
    expect(after.requests).toBeGreaterThan(before.requests);
    expect(after.writes).toBe(before.writes);
    expect(second).toMatchObject({ created: 0, assigned: 0, missing: 0, unexpected: 0 });
  });
}

test.skipIf(postgresqlMissing !== undefined)(
  named('helpdesk-sql: PostgreSQL takes its script too, and gives the same accounts', postgresqlMissing),
  async () => {
    const world = await exampleWorld('helpdesk-sql', undefined);
    const database = await startPostgresql();
    onTestFinished(() => database.close());
    await database.run(readFileSync(join(world.folder, 'helpdesk.sql'), 'utf8'));
    writeFileSync(join(world.folder, 'password'), database.password);
    change(world.folder, [
      ['    sqlite: { path: helpdesk.db }\n', ''],
      ['# postgresql: ', 'postgresql: '],
      [
        'host: localhost, database: helpdesk, user: helpdesk',
        `host: 127.0.0.1, port: ${database.port}, database: postgres, user: owner`,
      ],
      ['{ env: PGPASSWORD }', '{ file: password }'],
    ]);
    const expected = JSON.parse(readFileSync(join(world.folder, 'expected.json'), 'utf8'));

    await world.rollcall('collect');
    const result = await world.json(2, 'match');

    for (const kind of OUTCOMES) expect({ [kind]: result[kind] }).toEqual({ [kind]: expected[kind] });
  },
);
