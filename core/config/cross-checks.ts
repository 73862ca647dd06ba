import { splitWords } from '../shell-words.js';
import { variablesIn } from '../variables.js';
import { suggestion } from './did-you-mean.js';
import { isObject, type JsonObject, own } from './json-value.js';
import { type Findings, type Path, shortJson } from './problem.js';
import { shellHabit } from './shell-habits.js';

/**
 * What a schema can't say: names that collide, quotes that stay open, sockets that there are none of.
 *
 * @param known watchers of which only what depends on others is looked at
 */
export function crossCheck(config: JsonObject, known: ReadonlyMap<string, unknown>, findings: Findings): void {
  const sockets = own(config, 'sockets');
  const socketNames = Object.keys(isObject(sockets) ? sockets : {});
  checkNames('sockets', socketNames, findings);
  const watchers = own(config, 'watchers');
  if (!isObject(watchers)) return;
  checkNames('watchers', Object.keys(watchers), findings);
  for (const [name, watcher] of Object.entries(watchers)) {
    if (!isObject(watcher)) continue;
    if (!known.has(name)) crossCheckWatcher(watcher, ['watchers', name], findings);
    checkSockets(watcher, ['watchers', name], socketNames, findings);
  }
}

/** The same for one watcher by itself. */
export function crossCheckWatcher(watcher: JsonObject, path: Path, findings: Findings): void {
  const count = own(watcher, 'numprocesses');
  if (own(watcher, 'singleton') === true && typeof count === 'number' && count > 1) {
    const allowed = '0 or 1 for a singleton';
    findings.error([...path, 'numprocesses'], { message: `must be ${allowed}, got ${count}`, found: String(count), allowed });
  }
  const cmd = own(watcher, 'cmd');
  if (typeof cmd === 'string' && cmd !== '' && cmd.trim() === '') {
    const allowed = 'a command';
    findings.error([...path, 'cmd'], { message: `must be ${allowed}, got only white space`, found: shortJson(cmd), allowed });
  }
  const habit = typeof cmd === 'string' ? shellHabit(cmd) : null;
  if (habit !== null) findings.warn([...path, 'cmd'], { found: shortJson(cmd), ...habit });
  const texts = commandTexts(watcher);
  for (const { keys, text } of texts) {
    if (/\$WID(?![A-Za-z0-9_])/.test(text)) {
      findings.warn([...path, ...keys], { message: 'uses $WID, which is deprecated', found: '$WID', fix: 'write $(circus.wid)' });
    }
    const result = keys.length === 1 ? splitWords(text) : { words: [] };
    if ('error' in result) {
      const message = `can’t be split into words: ${result.error}, got ${shortJson(text)}`;
      findings.error([...path, ...keys], { message, found: shortJson(text), allowed: 'words as for a shell, every quote closed' });
    }
  }
  checkTexts(watcher, texts, path, findings);
  const shellArgs = own(watcher, 'shell_args');
  if (shellArgs !== undefined && shellArgs !== null && own(watcher, 'shell') !== true) {
    findings.warn([...path, 'shell_args'], { message: 'has no effect without shell', fix: 'set shell to true, or use args' });
  }
}

/** What execve(2) can't pass on: a zero byte, and a variable whose name is none. */
function checkTexts(watcher: JsonObject, commands: readonly CommandText[], path: Path, findings: Findings): void {
  const env = own(watcher, 'env');
  const variables = Object.entries(isObject(env) ? env : {});
  const others = ['working_dir', 'executable'].map((key) => ({ keys: [key] as Path, text: own(watcher, key) }));
  const values = variables.map(([name, text]) => ({ keys: ['env', name], text }));
  for (const { keys, text } of [...commands, ...others, ...values]) {
    if (typeof text !== 'string' || !text.includes('\0')) continue;
    const message = `has a zero byte in it, which no process can be given, got ${shortJson(text)}`;
    findings.error([...path, ...keys], { message, found: shortJson(text), allowed: 'text without a zero byte' });
  }
  for (const [name] of variables) {
    if (name !== '' && !/[=\0]/.test(name)) continue;
    const message = `has a name that no variable can have, got ${shortJson(name)}`;
    findings.error([...path, 'env', name], { message, found: shortJson(name), allowed: 'a name without = and zero bytes' });
  }
}

function checkSockets(watcher: JsonObject, path: Path, names: readonly string[], findings: Findings): void {
  const known = names.map((name) => name.toLowerCase());
  const check = (keys: Path, name: string, found: string): void => {
    if (known.includes(name)) return;
    const allowed = names.length === 0 ? 'the name of a socket, and there are none' : `one of ${names.join(', ')}`;
    findings.error([...path, ...keys], {
      message: `names a socket that there is none of: ${name}`,
      found,
      allowed,
      ...suggestion(name, names),
    });
  };
  for (const { keys, text } of commandTexts(watcher)) {
    for (const variable of new Set(variablesIn(text))) {
      if (variable.startsWith('sockets.')) check(keys, variable.slice('sockets.'.length), `$(circus.${variable})`);
    }
  }
  const stdin = own(watcher, 'stdin_socket');
  if (typeof stdin === 'string') check(['stdin_socket'], stdin.toLowerCase(), shortJson(stdin));
}

/** A text with the keys below the watcher that lead there. */
interface CommandText {
  readonly keys: Path;
  readonly text: string;
}

const COMMAND_KEYS = ['cmd', 'args', 'shell_args'];

/** The texts that a command line is made of. */
function commandTexts(watcher: JsonObject): readonly CommandText[] {
  return COMMAND_KEYS.flatMap((key) => {
    const value = own(watcher, key);
    if (typeof value === 'string') return [{ keys: [key], text: value }];
    if (!Array.isArray(value)) return [];
    return value.flatMap((text: unknown, at) => (typeof text === 'string' ? [{ keys: [key, at], text }] : []));
  });
}

function checkNames(kind: 'watchers' | 'sockets', names: readonly string[], findings: Findings): void {
  const seen = new Map<string, string>();
  for (const name of names) {
    const first = seen.get(name.toLowerCase());
    if (name.trim() === '' || /\p{Cc}/u.test(name)) {
      const allowed = 'a name with at least one letter or digit, in one line';
      findings.error([kind, name], { message: `has a name that can’t be used, got ${shortJson(name)}`, found: shortJson(name), allowed });
    } else if (first !== undefined) {
      const message = `has the same name as ${first}: names are looked up without regard to case`;
      findings.error([kind, name], { message, found: name, allowed: 'a name of its own' });
    }
    seen.set(name.toLowerCase(), first ?? name);
  }
}
