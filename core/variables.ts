/** Values of variables by lower-case name without `circus.`, such as `wid` or `env.path`. */
export type Variables = Pick<ReadonlyMap<string, string>, 'get'>;

const PATTERN = /\$\((circus\.)?([\w.-]+)\)|\(\((circus\.)([\w.-]+)\)\)/gi;

/** Whether a text can have variables in it at all: most have none, and looking for `$(` or `((` costs nothing. */
export function mentionsVariables(text: string): boolean {
  return text.includes('$(') || text.includes('((');
}

/** Names that may be written without `circus.` in front. */
const SHORT = /^(?:wid|env\..+|sockets\..+)$/;

/**
 * Replaces `$(circus.NAME)` and `((circus.NAME))`, in any case; with `short` also `$(wid)`, `$(env.NAME)` and `$(sockets.NAME)`.
 * What has no value stays as it is written.
 *
 * @source Circus's replace_gnu_args
 */
export function replaceVariables(text: string, variables: Variables, short = true): string {
  return text.replace(PATTERN, (whole: string, dollar?: string, dollarName?: string, paren?: string, parenName?: string) => {
    const name = (dollarName ?? parenName ?? '').toLowerCase();
    if (dollar === undefined && paren === undefined && !(short && SHORT.test(name))) return whole;
    return variables.get(name) ?? whole;
  });
}

/** Names of the variables that `text` mentions, lower case, without `circus.`. */
export function variablesIn(text: string): string[] {
  if (!mentionsVariables(text)) return [];
  return [...text.matchAll(PATTERN)]
    .filter((match) => match[1] !== undefined || match[3] !== undefined || SHORT.test((match[2] ?? '').toLowerCase()))
    .map((match) => (match[2] ?? match[4] ?? '').toLowerCase());
}

/** An environment as variables `env.NAME`; later ones win. */
export function envVariables(...envs: readonly Readonly<Record<string, string | undefined>>[]): Map<string, string> {
  const variables = new Map<string, string>();
  for (const env of envs) {
    for (const [name, value] of Object.entries(env)) if (value !== undefined) variables.set(`env.${name.toLowerCase()}`, value);
  }
  return variables;
}

/** Replaces `$NAME` (capitals) by the value in `env`, and by nothing where it is not set. */
export function replaceEnvNames(text: string, env: Readonly<Record<string, string | undefined>>): string {
  return text.replace(/\$([A-Z][A-Z0-9_]*)/g, (_, name: string) => env[name] ?? '');
}
