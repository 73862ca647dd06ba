import type { Completable, Completion } from './verb.js';

/** A bash script that completes these programs; `source` it. */
export function bashCompletion(programs: readonly Completable[]): string {
  return `# bash completion for ${programs.map(({ name }) => name).join(', ')}; load it with: source <(ringmaster completion bash)
${SHARED}
${programs.map(programFunction).join('\n')}`;
}

/** Names of watchers come from the daemon that the line names, with a short time-out; a colon is a word break, hence COMP_LINE. */
const SHARED = `_ringmaster_watchers() {
  local at=() rest="\${COMP_LINE#*--endpoint[= ]}"
  if [[ "$rest" != "$COMP_LINE" ]]; then at=(--endpoint "\${rest%% *}"); fi
  "\${COMP_WORDS[0]}" "\${at[@]}" --timeout 1 list 2>/dev/null | tr ',' '\\n'
}
_ringmaster_offer() {
  local cur="\${COMP_WORDS[COMP_CWORD]}"
  case "$1" in
    watchers) mapfile -t COMPREPLY < <(compgen -W "$(_ringmaster_watchers)" -- "$cur") ;;
    files) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
    *) mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur") ;;
  esac
}`;

/** A verb, or the place before one. */
type Context = Pick<Completable, 'name' | 'options' | 'completes'>;

function programFunction(program: Completable): string {
  const verbs = program.verbs.map(({ name }) => name);
  const atTop = program.verbs.length > 0 ? verbs : program.completes;
  const contexts: readonly Context[] = [
    { name: '', options: program.options, ...(atTop !== undefined && { completes: atTop }) },
    ...program.verbs,
  ];
  const values = contexts.flatMap((context) =>
    context.options.flatMap((option) =>
      option.value === undefined ? [] : [arm(`${context.name} --${option.name}`, completionOf(option))],
    ),
  );
  const taking = [...new Set(contexts.flatMap(({ options }) => options.flatMap(({ name, value }) => (value === undefined ? [] : [name]))))];
  return `_${program.name}() {
  local verb='' word i earlier=0
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    case "$word" in
      ${taking.map((name) => `--${name}`).join('|')}) ((i++)); continue ;;
      -*) continue ;;
    esac
    if [[ -n $verb ]]; then ((earlier++)); continue; fi
    case " ${verbs.join(' ')} " in *" $word "*) verb="$word" ;; esac
  done
  COMPREPLY=()
  case "$verb \${COMP_WORDS[COMP_CWORD - 1]}" in
${[...new Set(values)].join('\n')}
  esac
${program.verbs.flatMap(nextWords).join('')}  case "$verb \${COMP_WORDS[COMP_CWORD]}" in
${contexts.flatMap(words).join('\n')}
  esac
}
complete -F _${program.name} ${program.name}
`;
}

/** What follows the first argument of a verb. */
function nextWords({ name, then_completes }: Completable['verbs'][number]): readonly string[] {
  if (then_completes === undefined) return [];
  const { words: offered, every } = then_completes;
  const isNext = `$verb == ${name} && \${COMP_WORDS[COMP_CWORD]} != -* && $earlier -gt 0`;
  const offering = `if (((earlier - 1) % ${every} == 0)); then _ringmaster_offer ${offer(offered)}; fi`;
  return [`  if [[ ${isNext} ]]; then ${offering}; return; fi\n`];
}

function words(context: Context): readonly string[] {
  const options = context.options.map(({ name }) => `--${name}`);
  return [
    ...(options.length > 0 ? [`    ${quoted(`${context.name} -`)}*) _ringmaster_offer ${quoted(options.join(' '))} ;;`] : []),
    ...(context.completes === undefined ? [] : [`    ${quoted(`${context.name} `)}*) _ringmaster_offer ${offer(context.completes)} ;;`]),
  ];
}

function completionOf({
  choices,
  completes,
}: {
  readonly choices?: readonly string[];
  readonly completes?: Completion;
}): Completion | undefined {
  return choices ?? completes;
}

function arm(pattern: string, completion: Completion | undefined): string {
  return `    ${quoted(pattern)}) ${completion === undefined ? '' : `_ringmaster_offer ${offer(completion)}; `}return ;;`;
}

function offer(completion: Completion): string {
  return typeof completion === 'string' ? completion : quoted(completion.join(' '));
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
