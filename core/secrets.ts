/** What stands for a value that is not shown. */
export const MASK = '***';

/** Words that say of a name, wherever they stand in it, that its value is a secret. */
const ANYWHERE = /PASSWORD|PASSWD|PASSPHRASE|SECRET|CREDENTIAL/;
/** The same for words that are parts of harmless ones too: they count by themselves only. */
const BY_ITSELF = /(?:^|_)(?:[A-Z]*TOKEN|(?:API|PRIVATE|ACCESS|AUTH|ENCRYPTION|SIGNING)?KEY|PASS|PWD|DSN|AUTH|AUTHORIZATION|COOKIE)(?:_|$)/;
/** Names of where a secret is kept, and of what is known of one. */
const ABOUT = /(?:^|_)PUBLIC_KEY$|_(?:FILE|FILES|PATH|DIR|ID|NAME|COUNT|TYPE|LENGTH|BYTES|TTL|SOCK)$/;

/** Secret options of plugins that are marked so in their schemas: names of options by the name of the plugin. */
export type MarkedSecrets = Pick<ReadonlyMap<string, ReadonlySet<string>>, 'get'>;

/** The same few names come again with every line of the log. */
const looked = new Map<string, boolean>();
const LOOKED_AT_MOST = 1000;

/** Whether a variable or an option of that name is taken for a secret: DB_PASSWORD, apiKey, GITHUB_TOKEN, SENTRY_DSN. */
export function looksSecret(name: string): boolean {
  let secret = looked.get(name);
  if (secret === undefined) {
    secret = looks(name);
    // Names come from configs and clients, without an end.
    if (looked.size >= LOOKED_AT_MOST) looked.clear();
    looked.set(name, secret);
  }
  return secret;
}

function looks(name: string): boolean {
  const words = name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll(/[^A-Za-z0-9]+/g, '_')
    .toUpperCase();
  return !ABOUT.test(words) && (ANYWHERE.test(words) || BY_ITSELF.test(words));
}

/** A text without the passwords of the URLs in it: `postgres://me:***@host/db`. */
export function maskText(text: string): string {
  // It looks back one character for the scheme: to look for a whole one from each place on takes minutes where whoever asks sends dots.
  return text.includes('://') ? text.replaceAll(/((?<=[a-z0-9+.-]):\/\/[^\s:/?#@]*:)[^\s/?#]+(?=@)/gi, `$1${MASK}`) : text;
}

/**
 * A JSON value in which secrets are `***`, itself where it has none: texts and numbers under names that look it, passwords in URLs, options
 * that are marked, whole; and of an entry `{option or name, value or from and to}` the values where its option is one.
 */
export function maskSecrets(value: unknown, marked: MarkedSecrets = new Map()): unknown {
  return masked(value, marked, NOTHING);
}

/** Maps of what is said of each watcher, whatever it is called. */
const BY_WATCHER = ['statuses'];

const NOTHING: ReadonlySet<string> = new Set();
const NO_KEYS: readonly string[] = [];

/** @param names what is marked among the keys, or the options of entries, that `value` has */
function masked(value: unknown, marked: MarkedSecrets, names: ReadonlySet<string>): unknown {
  if (typeof value === 'string') return maskText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const shown = value.map((item) => masked(item, marked, names));
    return shown.every((item, at) => item === value[at]) ? value : shown;
  }
  if ('toJSON' in value && typeof value.toJSON === 'function') return masked(value.toJSON(), marked, names);
  const entry = value as Readonly<Record<string, unknown>>;
  const hidden = hiddenOf(entry, marked, names);
  // A step or a status of a plugin has entries of its options in it.
  const owner = entry.plugin ?? (entry.what === 'plugin' ? entry.name : undefined);
  // What is no plain object is to be one: an error would be written with its stack.
  let copy = Object.getPrototypeOf(entry) === Object.prototype ? undefined : { ...entry };
  for (const key of Object.keys(entry)) {
    const member = entry[key];
    const isMarked = names.has(key) || hidden.includes(key);
    let shown: unknown;
    if (BY_WATCHER.includes(key)) shown = member;
    else if (isMarked || looksSecret(key)) shown = hide(member, isMarked, marked);
    // Most of an answer is no more than this, and nobody is asked what is marked.
    else if (typeof member !== 'object' || member === null) shown = masked(member, marked, NOTHING);
    else shown = masked(member, marked, marked.get(key) ?? markedBelow(member, owner, marked));
    if (shown === member) continue;
    copy ??= { ...entry };
    copy[key] = shown;
  }
  return copy ?? value;
}

/** What is marked in a list of options of a plugin. */
function markedBelow(list: object, owner: unknown, marked: MarkedSecrets): ReadonlySet<string> {
  return (Array.isArray(list) && typeof owner === 'string' ? marked.get(owner) : undefined) ?? NOTHING;
}

/** There is nothing to hide in nothing; what is inside of an object is looked at where only its name makes it a secret. */
function hide(value: unknown, whole: boolean, marked: MarkedSecrets): unknown {
  if (value === null || value === undefined || value === '' || typeof value === 'boolean') return value;
  return typeof value === 'object' && !whole ? masked(value, marked, NOTHING) : MASK;
}

/** Keys of an entry that tells of one option, where that is a secret. */
function hiddenOf(entry: Readonly<Record<string, unknown>>, marked: MarkedSecrets, names: ReadonlySet<string>): readonly string[] {
  const tells = Object.hasOwn(entry, 'to');
  if (!tells && !Object.hasOwn(entry, 'value')) return NO_KEYS;
  const option = tells ? entry.option : entry.name;
  if (typeof option !== 'string') return NO_KEYS;
  const keys = tells ? ['from', 'to'] : ['value'];
  const [plugin = '', key = ''] = option.split('.');
  return entry.secret === true || looksSecret(option) || names.has(option) || marked.get(plugin)?.has(key) === true ? keys : NO_KEYS;
}
