// Whether a column holds secrets, judged by its name and by what its cells look like.

/** Words of a name that say "secret"; a few languages that administrators meet. */
const SECRET_WORDS = new Set([
  ...[
    'password',
    'passwd',
    'passphrase',
    'passcode',
    'pass',
    'pwd',
    'pw',
    'secret',
    'token',
    'salt',
    'pin',
    'otp',
    'totp',
  ],
  ...[
    'credential',
    'credentials',
    'apikey',
    'privatekey',
    'hash',
    'passwordhash',
    'pwdhash',
    'unicodepwd',
    'userpassword',
  ],
  ...['kennwort', 'passwort', 'motdepasse', 'contrasena', 'senha', 'wachtwoord', 'lozinka', 'haslo'],
]);

/** Two words that say it together. */
const SECRET_PAIRS = new Set([
  'api key',
  'private key',
  'access key',
  'session key',
  'recovery code',
  'security answer',
]);

/** Words beside them that say: it is told about the secret, not the secret itself. `PasswordLastSet` is a date. */
const ABOUT = new Set([
  ...[
    'last',
    'set',
    'changed',
    'change',
    'expires',
    'expired',
    'expiry',
    'expiration',
    'never',
    'must',
    'required',
    'age',
  ],
  ...[
    'date',
    'time',
    'at',
    'on',
    'policy',
    'count',
    'failed',
    'attempts',
    'status',
    'enabled',
    'state',
    'days',
    'modified',
  ],
  ...[
    'number',
    'level',
    'type',
    'bad',
    'until',
    'since',
    'length',
    'history',
    'reset',
    'no',
    'not',
    'can',
    'cannot',
    'is',
    'has',
  ],
]);

/** Why a name says that its column holds secrets; undefined where it does not. */
export const secretName = (name: string): string | undefined => {
  const words = wordsOf(name);
  if (words.some((word) => ABOUT.has(word))) return undefined;
  const joined = words.join('');
  const isSecret =
    words.some((word) => SECRET_WORDS.has(word)) ||
    SECRET_WORDS.has(joined) ||
    words.some((word, i) => SECRET_PAIRS.has(`${word} ${words[i + 1]}`));
  return isSecret ? 'its name says that it holds a secret' : undefined;
};

/** `pwdLastSet`, `PASSWORD_HASH` and `Mot de passe` as words in lower case, without accents. */
const wordsOf = (name: string): string[] =>
  name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/(\p{Ll}|\d)(\p{Lu})/gu, '$1 $2')
    .replace(/(\p{Lu}+)(\p{Lu}\p{Ll})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');

const PLAIN_SHAPES: readonly (readonly [what: string, shape: RegExp])[] = [
  ['a password hash (bcrypt)', /^\$2[abxy]?\$\d\d\$[./A-Za-z0-9]{53}$/],
  ['a password hash (crypt)', /^\$(?:1|5|6|7|y|gy|md5|sha1|apr1|argon2(?:id|i|d)|scrypt|pbkdf2[\w-]*)\$.{10,}$/],
  ['a password hash (LDAP)', /^\{(?:S?SHA\d*|S?MD5|CRYPT|PBKDF2[\w-]*|ARGON2|x-[\w-]+)\}.{8,}$/i],
  ['a password hash (Django)', /^(?:pbkdf2_sha\d+|bcrypt(?:_sha256)?|argon2|scrypt)\$.{20,}$/],
  ['a pair of Windows password hashes', /^[0-9a-f]{32}:[0-9a-f]{32}$/i],
  ['a signed token', /^eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*$/],
  ['a private key', /^-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/],
  [
    'an access token',
    /^(?:gh[pousr]_[A-Za-z0-9]{36,}|xox[abprs]-[\w-]{10,}|sk_live_\w{16,}|AKIA[0-9A-Z]{16}|glpat-[\w-]{20,})$/,
  ],
];

const FIRST_LETTERS = /^[${0-9a-fA-FpbsegxAe-]/;

/** What secret a cell is beyond doubt; undefined where it is none. */
export const secretShape = (cell: string): string | undefined => {
  if (cell.length < 16 || !FIRST_LETTERS.test(cell)) return undefined;
  return PLAIN_SHAPES.find(([, shape]) => shape.test(cell))?.[0];
};

/** Digests of SHA-1, SHA-256 and SHA-512 as digits. A shorter one may as well be a GUID without its hyphens. */
const DIGEST = /^(?:[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{128})$/i;

/** Of the cells looked at, this share must look alike before a column of bare digests is taken for secrets. */
const NEARLY_ALL = 0.9;

/**
 * Why the cells of a column say that it holds secrets. One cell that is one beyond doubt is enough; bare digests must be
 * nearly all that is there.
 */
export const secretLook = (cells: readonly string[]): string | undefined => {
  for (const cell of cells) {
    const what = secretShape(cell);
    if (what) return `it holds ${what}`;
  }
  const filled = cells.filter((cell) => cell !== '');
  const digests = filled.filter((cell) => DIGEST.test(cell)).length;
  return digests > 0 && digests >= filled.length * NEARLY_ALL ? 'its values look like hashes of secrets' : undefined;
};
