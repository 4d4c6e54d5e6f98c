// Invented people, the same for the same seed: names of many scripts, some disabled, some guests, some without mail.

const GIVEN = [
  'Ana',
  'Bo',
  'Cem',
  'Dara',
  'Elif',
  'Femi',
  'Gita',
  'Hugo',
  'Ines',
  'Jon',
  'Kofi',
  'Lena',
  'Mina',
  'Nils',
  'Olga',
  'Pia',
  'Qiu',
  'Rosa',
  'Sven',
  'Tara',
  'Uma',
  'Vera',
  'Wim',
  'Xena',
  'Yara',
  'Zoe',
  'José',
  'Søren',
  'Zoë',
  '芳',
  'Дмитрий',
  'Αλέξης',
  'محمد',
  'Łukasz',
];
const SURNAMES = [
  'Ruiz',
  "O'Brien",
  'Li',
  'Ünal',
  'Okafor',
  'Nguyen',
  'van der Berg',
  'Kowalski',
  'Müller',
  'Silva',
  'Haddad',
  'Novák',
  'Jensen',
  'Rossi',
  'Tanaka',
  'Ivanova',
  'Smith',
  'García',
  '王',
  'Παπαδόπουλος',
  'Öztürk',
  'Mbeki',
  'Larsson',
  'Dubois',
];
const DEPARTMENTS = ['Finance', 'Sales', 'Production', 'Research', 'Legal', 'Human Resources', 'IT', 'Logistics'];
const TITLES = ['Analyst', 'Manager', 'Engineer', 'Clerk', 'Director', 'Specialist'];

/** A small generator of numbers from 0 to 1, good enough to invent people with. */
const randomFrom = (seed: number): (() => number) => {
  let state = (seed ^ 0x9e3779b9) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** Letters that a user principal name takes, made of whatever the name is written in. */
const plain = (name: string): string =>
  name
    .normalize('NFD')
    .replace(/[^A-Za-z]/g, '')
    .toLowerCase() || 'user';

/** `count` users of the domain, numbered from 1, each with a user principal name of its own. */
export async function* inventUsers(
  count: number,
  seed: number,
  domain: string,
): AsyncGenerator<Readonly<Record<string, unknown>>> {
  const random = randomFrom(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const hex = (digits: number) =>
    Math.floor(random() * 16 ** digits)
      .toString(16)
      .padStart(digits, '0');
  for (let n = 1; n <= count; n += 1) {
    const [givenName, surname] = [pick(GIVEN), pick(SURNAMES)];
    const alias = `${plain(givenName)}.${plain(surname)}${n}`;
    const userPrincipalName = `${alias}@${domain}`;
    const isGuest = random() < 0.02;
    const hasMail = random() < 0.95;
    yield {
      id: `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(6)}${hex(6)}`,
      accountEnabled: random() >= 0.03,
      displayName: `${givenName} ${surname}`,
      givenName,
      surname,
      userPrincipalName,
      mailNickname: alias,
      employeeId: String(100_000 + n),
      department: pick(DEPARTMENTS),
      jobTitle: pick(TITLES),
      ...(isGuest && { userType: 'Guest', externalUserState: 'Accepted' }),
      ...(hasMail && {
        mail: userPrincipalName,
        proxyAddresses: [`SMTP:${userPrincipalName}`, `smtp:${plain(givenName)}${n}@${domain}`],
      }),
      ...(random() < 0.3 && { onPremisesSamAccountName: `${plain(surname).slice(0, 8)}${n}` }),
      ...(random() < 0.1 && { otherMails: [`${alias}@example.com`] }),
    };
  }
}
