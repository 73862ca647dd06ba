import type { Completable, Completion, VerbOption } from './verb.js';

/** A zsh script that completes these programs; a file `_ringmaster` in `fpath`, or sourced after compinit. */
export function zshCompletion(programs: readonly Completable[]): string {
  const names = programs.map(({ name }) => name).join(' ');
  return `#compdef ${names}
# Put this file as _ringmaster into a directory of fpath, or load it after compinit with: source <(ringmaster completion zsh)
${SHARED}
${programs.map(programFunction).join('\n')}
_ringmaster_dispatch() {
  local -a line_words=("\${words[@]}")
  "_ringmaster_program_\${service:-\${words[1]:t}}"
}
if [[ "$funcstack[1]" = _ringmaster ]]; then _ringmaster_dispatch; else compdef _ringmaster_dispatch ${names}; fi
`;
}

const SHARED = `_ringmaster_watchers() {
  local -a at names
  local index=\${line_words[(I)--endpoint]}
  (( index > 0 )) && at=(--endpoint "\${line_words[index + 1]}")
  names=(\${(s:,:)"$("\${line_words[1]}" $at --timeout 1 list 2>/dev/null | tr '\\n' ',')"})
  compadd -a names
}`;

function programFunction(program: Completable): string {
  if (program.verbs.length === 0) {
    return `_ringmaster_program_${program.name}() {
  _arguments ${[...program.options.map(optionSpec), positional('*:config', program.completes)].join(' ')}
}`;
  }
  return `_ringmaster_program_${program.name}() {
  local curcontext="$curcontext" state line
  local -a verbs=(${program.verbs.map(({ name, summary }) => quoted(`${name}:${summary}`)).join(' ')})
  _arguments -C ${program.options.map(optionSpec).join(' ')} '1:verb:->verb' '*::arguments:->rest'
  case $state in
    verb) _describe verb verbs ;;
    rest)
      case $line[1] in
${program.verbs.map(verbArm).join('\n')}
      esac ;;
  esac
}`;
}

function verbArm(verb: Completable['verbs'][number]): string {
  const first = verb.then_completes === undefined ? '*' : '1';
  const next = verb.then_completes === undefined ? [] : [positional('*:argument', verb.then_completes.words)];
  const specs = [...verb.options.map(optionSpec), positional(`${first}:argument`, verb.completes), ...next];
  return `        ${verb.name}) _arguments ${specs.join(' ')} ;;`;
}

function optionSpec(option: VerbOption): string {
  const summary = option.summary.replaceAll(/[[\]]/g, '').replaceAll(':', '\\:');
  const value = option.value === undefined ? '' : `:${option.value}:${action(option.choices ?? option.completes)}`;
  return quoted(`--${option.name}[${summary}]${value}`);
}

function positional(message: string, completes: Completion | undefined): string {
  return quoted(`${message}:${action(completes)}`);
}

function action(completion: Completion | undefined): string {
  if (completion === undefined) return ' ';
  if (completion === 'files') return '_files';
  return completion === 'watchers' ? '_ringmaster_watchers' : `(${completion.join(' ')})`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
