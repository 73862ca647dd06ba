import { ERRORS, type ErrorCode, RingmasterError } from '../../../core/errors.js';
import { ERRNO, errorAnswer } from '../../../plugins/control/reply.js';
import { code, page, table } from './markdown.js';

const FAMILIES: readonly (readonly [title: string, prefix: RegExp])[] = [
  ['Config and options', /^RM_(?:CONFIG|OPTION|COMMAND_INVALID|NO_CONFIG)/],
  ['Plugins and hooks', /^RM_(?:PLUGIN|HOOK)/],
  ['The control endpoint', /^RM_(?:ENDPOINT|REQUEST|COMMAND)/],
  ['The client', /^RM_CLIENT/],
  ['Watchers and processes', /^RM_(?:WATCHER|PROCESS|SIGNAL|SPAWN|SOCKET)/],
  ['Files and life of the daemon', /^RM_/],
];

const ERRNO_WORDS: Readonly<Record<keyof typeof ERRNO, string>> = {
  not_specified: 'not specified; never sent',
  invalid_json: 'invalid JSON',
  unknown_command: 'unknown command',
  message_error: 'bad message: a property or a name is missing or wrong',
  os_error: 'error of the operating system',
  command_error: 'error in a command',
  bad_message_data: 'a command that somebody waited for failed on its way; the reason begins with `server error: `',
  forbidden: 'not allowed to whoever asks; not in Circus',
};

/** The error with the names of its parameters where their values go: `program {name} not found`. */
export function errorTemplate(name: ErrorCode): RingmasterError {
  const parameters = /^\(([^)]*)\)/.exec(ERRORS[name].message.toString())?.[1]?.split(',') ?? [];
  const placeholders = parameters.map((parameter) => `{${parameter.trim()}}`);
  return new RingmasterError(name, placeholders as unknown as ConstructorParameters<typeof RingmasterError<ErrorCode>>[1]);
}

function familyOf(name: string): string {
  return FAMILIES.find(([, prefix]) => prefix.test(name))?.[0] ?? '';
}

export function errorsPage(): string {
  const errors = Object.keys(ERRORS).map((name) => errorTemplate(name as ErrorCode));
  const families = FAMILIES.flatMap(([title]) => {
    const rows = errors
      .filter((error) => familyOf(error.code) === title)
      .map((error) => [code(error.code), error.message, error.fix, String(errorAnswer(error).errno)]);
    return rows.length === 0 ? [] : [`## ${title}`, table(['Code', 'Message', 'Remedy', 'errno'], rows)];
  });
  return page('Errors reference', 'core/errors.ts', [
    'Everything that ringmaster raises on purpose is a `RingmasterError` with a `code`, a `fix` and `context` as data.\n_errno_ is the number in a reply of the control endpoint.',
    'Problems of a config are told with file, line and key path and have no codes of their own.',
    ...families,
    '## An error on the wire',
    'An error reply has `reason` (the message), `errno`, `tb` (null), `code`, `fix` and `context`.',
    table(
      ['errno', 'Meaning'],
      Object.entries(ERRNO_WORDS).map(([name, words]) => [String(ERRNO[name as keyof typeof ERRNO]), words]),
    ),
  ]);
}
