// Names and addresses that break programs which assume that everybody is called Ana Ruiz.
import type { Person } from './people.ts';

/** People whose user principal name is the address in the application. */
export const ODD_PEOPLE: readonly Pick<Person, 'name' | 'given' | 'family' | 'alias'>[] = [
  { name: "Seán O'Brien", given: 'Seán', family: "O'Brien", alias: "sean.o'brien" },
  { name: "D'Angelo, Lucia", given: 'Lucia', family: "D'Angelo", alias: "l.d'angelo" },
  { name: "Anne-Marie O'Neil-Smith", given: 'Anne-Marie', family: "O'Neil-Smith", alias: "anne-marie.o'neil-smith" },
  { name: 'Ayşe Ünal', given: 'Ayşe', family: 'Ünal', alias: 'ayse.unal' },
  { name: '王芳', given: 'Fang', family: 'Wang', alias: 'fang.wang' },
  { name: '山田 太郎', given: 'Taro', family: 'Yamada', alias: 'taro.yamada' },
  { name: 'Müller, Jürgen (extern)', given: 'Jürgen', family: 'Müller', alias: 'juergen.mueller' },
  { name: 'Smith, John, Jr.', given: 'John', family: 'Smith', alias: 'john.smith.jr' },
  { name: 'Robert "Bob" Tanner', given: 'Robert', family: 'Tanner', alias: 'bob_tanner' },
  { name: 'Łukasz Żółć', given: 'Łukasz', family: 'Zolc', alias: 'lukasz.zolc' },
  { name: 'Nguyễn Thị Minh', given: 'Minh', family: 'Nguyen', alias: 'minh.nguyen' },
  { name: 'Αλέξανδρος Παπάς', given: 'Alexandros', family: 'Papas', alias: 'alexandros.papas' },
  { name: 'Иван Петров', given: 'Ivan', family: 'Petrov', alias: 'ivan.petrov' },
  { name: 'محمد الأحمد', given: 'Mohammed', family: 'Alahmad', alias: 'mohammed.alahmad' },
  { name: 'Jennifer Null', given: 'Jennifer', family: 'Null', alias: 'jennifer.null' },
  { name: 'Tom 🌻 Fields', given: 'Tom', family: 'Fields', alias: 'tom.fields' },
  { name: 'Lee Ann\nParker-Hale', given: 'Lee', family: 'Parker', alias: 'leeann.parker-hale' },
  { name: '=HYPERLINK("https://fabrikam.com","Click")', given: 'Hyla', family: 'Perlink', alias: 'hyla.perlink' },
  { name: 'J. R. Hale', given: 'Jay', family: 'Hale', alias: 'j#r.hale' },
  { name: 'Cher', given: 'Cher', family: 'Cher', alias: 'cher' },
];

/** Names of mailboxes that no user principal name may have, but an address can. */
export const ODD_MAILBOXES: readonly ((person: Person) => string)[] = [
  ({ alias }) => `${alias}+crm`,
  ({ alias }) => `r&d.${alias}`,
  ({ alias }) => `100%${alias}`,
  ({ alias }) => alias.replace('.', '/'),
  ({ alias }) => alias.replace('.', '='),
  ({ alias }) => `who?${alias}`,
];

/** Addresses that no user can be created with. */
export const UNUSABLE_ADDRESSES: readonly ((person: Person) => string)[] = [
  ({ given }) => `${given.toLowerCase()}.köhler@contoso.com`,
  ({ alias }) => `${alias}+new@contoso.com`,
  ({ alias }) => `${alias.replace('.', ' ')}@contoso.com`,
  ({ given }) => `${given.toLowerCase()}.@contoso.com`,
  () => 'ask at reception',
  () => "x') or startswith(displayName,'a@contoso.com",
];
