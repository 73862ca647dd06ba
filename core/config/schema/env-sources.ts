import type { JsonSchema } from '../../json-schema.js';

/** Files with variables for processes. */
export const envFileSchema = {
  anyOf: [{ type: 'array', items: { type: 'string', minLength: 1 } }, { type: 'string' }, { type: 'null' }],
  default: null,
  applies: 'restart',
  description:
    'Files with more variables, NAME=value lines, read anew at each spawn and never shown: a list, or text with commas between their names; relative to `working_dir`. What they say counts before `env`, and a later file before an earlier one. One that is not there is an error, unless `-` is put before its name.',
  examples: [['/etc/web/env', '-/etc/web/env.local']],
} as const satisfies JsonSchema;

/** Variables for processes whose values are files of secrets. */
export const credentialsSchema = {
  type: 'object',
  additionalProperties: { type: 'string', minLength: 1 },
  default: {},
  applies: 'restart',
  description:
    'Variables whose values are what files hold, read anew at each spawn and never shown: each is the name of a credential that systemd gave to the daemon (LoadCredential=, $CREDENTIALS_DIRECTORY), or the absolute path of a file. A newline at the end is left out.',
  examples: [{ DB_PASSWORD: 'db-password', API_TOKEN: '/etc/web/token' }],
} as const satisfies JsonSchema;
