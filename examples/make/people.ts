// Invented people, no two of them alike in name, address, login or employee number.
import type { Random } from './random.ts';

export interface Person {
  readonly name: string;
  readonly given: string;
  readonly family: string;
  /** What stands before the @, in lower case. */
  readonly alias: string;
  readonly domain: string;
  readonly employeeId: string;
  readonly department: string;
}

const GIVEN = `Ana Bo Carla Dario Elif Farid Greta Hugo Ines Jonas Kaya Lars Mina Nils Olga Pavel Quinn Rosa Sami Tara
  Uwe Vera Wim Xenia Yusuf Zora Amir Bella Chen Daria Emil Fiona Goran Hanna Igor Julia Karl Leila Marco Nora`.split(
  /\s+/,
);

const FAMILY =
  `Ruiz Larsen Okafor Meyer Silva Novak Haddad Kowal Tanaka Weber Moreau Lindqvist Costa Demir Ferrari Gruber
  Horvat Iqbal Jensen Keller Laurent Mwangi Nakamura Olsen Petrov Quist Rahman Sato Torres Ulrich Varga Winter Xu
  Yilmaz Zeman Abebe Bauer Chandra Dubois Eriksen`.split(/\s+/);

/** Nobody has one of these now. */
const OTHER_FAMILY = [
  'Ahlberg',
  'Brandt',
  'Castro',
  'Duarte',
  'Engel',
  'Fischer',
  'Grant',
  'Holm',
  'Ivanova',
  'Janssen',
];

const DEPARTMENTS = ['Finance', 'Sales', 'Logistics', 'Purchasing', 'Research', 'IT', 'Legal', 'Human Resources'];

export interface People {
  /** The next person. What is given replaces what would have been made up. */
  next(known?: Partial<Person>): Person;
  /** An address under another family name, a maiden name say, that nobody else has. */
  otherAddress(person: Person, domain?: string): string;
}

/** Hands out people until the names are used up. Errors: throws when an alias would be handed out twice. */
export const peopleFrom = (random: Random): People => {
  const names = GIVEN.flatMap((given) => FAMILY.map((family) => ({ given, family, order: random.next() })));
  names.sort((a, b) => a.order - b.order);
  const aliases = new Set<string>();
  let count = 0;

  const take = (alias: string): string => {
    if (aliases.has(alias)) throw new Error(`the alias ${alias} is taken already`);
    aliases.add(alias);
    return alias;
  };
  const nextName = () => {
    const name = names.pop();
    if (!name) throw new Error('there are no more names');
    return name;
  };
  return {
    next: (known = {}) => {
      const { given, family } = known.given && known.family ? { given: known.given, family: known.family } : nextName();
      count += 1;
      return {
        name: `${given} ${family}`,
        given,
        family,
        domain: random.next() < 0.85 ? 'contoso.com' : 'fabrikam.com',
        employeeId: `C${10_000 + 7 * count}`,
        department: random.pick(DEPARTMENTS),
        ...known,
        alias: take(known.alias ?? `${given}.${family}`.toLowerCase()),
      };
    },
    otherAddress: ({ given }, domain = 'contoso.com') => {
      const free = OTHER_FAMILY.map((family) => `${given}.${family}`.toLowerCase()).filter(
        (alias) => !aliases.has(alias),
      );
      if (free.length === 0) throw new Error(`there are no more other addresses for ${given}`);
      return `${take(random.pick(free))}@${domain}`;
    },
  };
};

export const addressOf = ({ alias, domain }: Person): string => `${alias}@${domain}`;

/** The same person's account for administration, a user of its own with the same employee number. */
export const adminOf = (person: Person): Person => ({
  ...person,
  name: `${person.name} (admin)`,
  alias: `adm-${person.alias}`,
});
