import { homedir } from 'node:os';
import { join } from 'node:path';
import { EXIT_STATUS, type Io, isRingmasterError, type Verb, type VerbOption, type VerbValues } from '../../../core/index.js';
import { ArgumentError } from '../command.js';
import { type AuthorizedKey, isName, parseAuthorized, writeAuthorized } from '../curve/authorized.js';
import { newKeyPair, readKeyFile, readKeyPair, writeKeyFile } from '../curve/key-files.js';
import { isKey } from '../curve/z85.js';
import { ROLES } from '../roles.js';
import { textTable } from '../text-table.js';
import { zeromq } from '../zeromq.js';

const DIRECTORY: VerbOption = {
  name: 'directory',
  value: 'DIR',
  completes: 'files',
  summary: 'where the keys are (RINGMASTER_KEYS_DIR; /etc/ringmaster/keys for root, else ~/.config/ringmaster/keys)',
};
const ROLE: VerbOption = { name: 'role', value: 'ROLE', choices: ROLES, summary: 'what the key is good for (read)' };

/** Prints a line for people, beside what a script reads. */
type Tell = (line: string) => void;

interface KeysVerb {
  readonly usage: string;
  readonly summary: string;
  readonly description: string;
  readonly options?: readonly VerbOption[];
  /** How many arguments there are. */
  readonly count: number;
  /** @returns what is printed */
  run(directory: string, args: readonly string[], values: VerbValues, tell: Tell): string | Promise<string>;
}

const VERBS: Readonly<Record<string, KeysVerb>> = {
  new: {
    usage: '<name>',
    summary: 'Make a key pair',
    description: 'Writes NAME.key, mode 0600, in a directory for its owner only, and prints the public key. It never replaces one.',
    count: 1,
    async run(directory, [name = ''], _values, tell) {
      const { publicKey, secretKey } = newKeyPair(zeromq().curveKeyPair);
      const file = keyFile(directory, name);
      writeKeyFile(file, `public ${publicKey}\nsecret ${secretKey}\n`, true);
      tell(`wrote ${file}, for its owner only; the public key, which others are given:`);
      return publicKey;
    },
  },
  show: {
    usage: '<name>',
    summary: 'Print the public key of a pair',
    description:
      'Prints what others are given: to a daemon to authorise it, or to a client to know the daemon by. The secret one is never printed.',
    count: 1,
    run: (directory, [name = '']) => readKeyPair(keyFile(directory, name)).public_key,
  },
  authorize: {
    usage: '<public-key> <name>',
    summary: 'Let a key in, or give it another role',
    description: 'Adds a public key to the file `authorized` of the directory. A daemon that uses it takes that over at once.',
    options: [ROLE],
    count: 2,
    run(directory, [public_key = '', name = ''], { role: asked = 'read' }, tell) {
      const role = ROLES.find((one) => one === asked);
      if (!isKey(public_key)) throw new ArgumentError('a public key has 40 characters; `ringmaster keys show NAME` prints one');
      if (!isName(name) || role === undefined)
        throw new ArgumentError(`a name has letters, digits and _ . @ -, got ${JSON.stringify(name)}`);
      const others = authorized(directory).filter((key) => key.public_key !== public_key);
      if (others.some((key) => key.name === name)) throw new ArgumentError(`there is another key of the name ${name}; revoke it first`);
      write(directory, [...others, { public_key, role, name }]);
      tell(`wrote ${authorizedFile(directory)}`);
      return `${name} may connect, with the role ${role}`;
    },
  },
  list: {
    usage: '',
    summary: 'List the keys that are let in',
    description: 'Prints name, role and public key of each.',
    count: 0,
    run(directory) {
      const keys = authorized(directory);
      return keys.length === 0
        ? 'no keys'
        : textTable([['NAME', 'ROLE', 'KEY'], ...keys.map(({ name, role, public_key }) => [name, role, public_key])]);
    },
  },
  revoke: {
    usage: '<name>',
    summary: 'Let a key in no more',
    description: 'Takes a key, by its name or itself, out of the file `authorized`. Its requests are refused at once.',
    count: 1,
    run(directory, [name = ''], _values, tell) {
      const keys = authorized(directory);
      const left = keys.filter((key) => key.name !== name && key.public_key !== name);
      if (left.length === keys.length) throw new ArgumentError(`there is no key ${name}; \`ringmaster keys list\` shows those there are`);
      write(directory, left);
      tell(`wrote ${authorizedFile(directory)}`);
      return `${name} may connect no more`;
    },
  },
};

/** `ringmaster keys …`: files alone, no daemon is asked. */
export const keysVerbs: readonly Verb[] = Object.entries(VERBS).map(
  ([word, { usage, summary, description, options = [], count, run }]) => ({
    name: `keys ${word}`,
    summary,
    group: 'Configure:',
    usage,
    description,
    options: [...options, DIRECTORY],
    async run(args: readonly string[], values: VerbValues, io: Io): Promise<number> {
      try {
        if (args.length !== count)
          throw new ArgumentError(`Invalid number of arguments: got ${args.length}, expected: keys ${word} ${usage}`.trim());
        io.stdout.write(`${await run(directoryOf(values, io), args, values, (line) => io.stderr.write(`${line}\n`))}\n`);
        return EXIT_STATUS.ok;
      } catch (error) {
        if (error instanceof ArgumentError) io.stderr.write(`${error.message}\n`);
        else if (isRingmasterError(error)) io.stderr.write(`${error.message}; ${error.fix}\n`);
        else throw error;
        return EXIT_STATUS.failed;
      }
    },
  }),
);

function directoryOf({ directory }: VerbValues, { env }: Io): string {
  if (typeof directory === 'string') return directory;
  if (env.RINGMASTER_KEYS_DIR) return env.RINGMASTER_KEYS_DIR;
  if (process.getuid?.() === 0) return '/etc/ringmaster/keys';
  return join(env.XDG_CONFIG_HOME || join(homedir(), '.config'), 'ringmaster', 'keys');
}

/** @throws ArgumentError */
function keyFile(directory: string, name: string): string {
  if (isName(name)) return join(directory, `${name}.key`);
  throw new ArgumentError(`a name has letters, digits and _ . @ -, got ${JSON.stringify(name)}`);
}

/** @throws RM_KEY_FILE, ArgumentError for a file that somebody has written by hand and wrongly */
function authorized(directory: string): readonly AuthorizedKey[] {
  const file = authorizedFile(directory);
  let text: string;
  try {
    text = readKeyFile(file, false);
  } catch (error) {
    if (isRingmasterError(error, 'RM_KEY_FILE') && error.cause instanceof Error && 'code' in error.cause && error.cause.code === 'ENOENT')
      return [];
    throw error;
  }
  try {
    return parseAuthorized(text);
  } catch (error) {
    throw new ArgumentError(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function write(directory: string, keys: readonly AuthorizedKey[]): void {
  writeKeyFile(authorizedFile(directory), writeAuthorized(keys));
}

function authorizedFile(directory: string): string {
  return join(directory, 'authorized');
}
