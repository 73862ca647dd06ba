import type { Command, Option } from 'commander';
import { visibleLines } from '../visible.js';
import { parseArguments } from './arguments.js';
import { EXIT_STATUS, EXIT_STATUS_HELP } from './exit-status.js';
import { plainCall } from './plain-words.js';
import type { Io, MoreVerbs, Verb, VerbOption, VerbValues } from './verb.js';
import { groupSummary, groupVerbs } from './verb-groups.js';
import { allVerbs, ownVerb, sharedOptions, verbsElsewhere } from './verbs.js';
import { version } from './version.js';

type Commander = typeof import('commander');

/** Runs `ringmaster` with the words after its name; resolves with the exit status. */
export async function ringmaster(args: readonly string[], io: Io): Promise<number> {
  if (args.length === 1 && args[0] === '--version') {
    io.stdout.write(`${version()}\n`);
    return EXIT_STATUS.ok;
  }
  const { why, ...choice } = await choiceFor(args, io);
  const call = plainCall(args, choice.verbs);
  if (call !== null) return call.verb.run(call.args, call.values, io);
  const commander = await import('commander');
  let status: number = EXIT_STATUS.ok;
  const program = buildProgram(commander, choice, io, (result) => {
    status = result;
  });
  if (args.length === 0) {
    program.outputHelp();
    return status;
  }
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof commander.CommanderError)) throw error;
    if (error.code === 'commander.unknownCommand' && why !== undefined) io.stderr.write(`Verbs of plugins are not known here: ${why}\n`);
    return error.exitCode === 0 ? EXIT_STATUS.ok : EXIT_STATUS.usage;
  }
  return status;
}

/** What there is to choose from. */
interface Choice {
  readonly verbs: readonly Verb[];
  /** Options that may stand before a verb as well. */
  readonly shared: readonly VerbOption[];
}

/** The verbs of `ringmaster`; where the words name another, those that a daemon knows of as well. No plugin is loaded for the core's own. */
async function choiceFor(args: readonly string[], io: Io): Promise<Choice & Omit<MoreVerbs, 'verbs'>> {
  const own = ownVerb(args[0]);
  if (own !== undefined) return { verbs: [own], shared: [] };
  const [verbs, shared] = await Promise.all([allVerbs(), sharedOptions()]);
  const { values, positionals } = parseArguments(args, shared);
  const [word, about] = positionals;
  const name = word === 'help' ? about : word;
  if (name === undefined || name === 'help' || verbs.some((verb) => verb.name === name)) return { verbs, shared };
  const more = await verbsElsewhere(values, io);
  return { ...more, shared, verbs: [...verbs, ...more.verbs.filter((verb) => !verbs.some((known) => known.name === verb.name))] };
}

function buildProgram(commander: Commander, { verbs, shared }: Choice, io: Io, onStatus: (status: number) => void): Command {
  const usages = new Map(verbs.map(({ name, usage }) => [name, usage === '' ? [] : [usage]]));
  const program = new commander.Command('ringmaster')
    .description('Supervises processes and sockets; speaks the protocol of Circus.')
    .usage('[options] <verb> [arguments]')
    .version(version(), '--version', 'print the version')
    .helpOption('--help', 'print this help, or that of a verb')
    .commandsGroup('Help:')
    .helpCommand('help [verb]', 'Print the help of a verb')
    .enablePositionalOptions()
    .exitOverride()
    // What verbs of a daemon's plugins are called, and do, the daemon says.
    .configureOutput({
      writeOut: (text) => io.stdout.write(visibleLines(text)),
      writeErr: (text) => io.stderr.write(visibleLines(text)),
    })
    .configureHelp({ subcommandTerm: (command) => [command.name(), ...(usages.get(verbOf(command)) ?? [])].join(' ') })
    .addHelpText('after', `\n${epilogue(verbs)}`);
  for (const option of shared) program.addOption(toCommander(commander, option));
  for (const group of groupVerbs(verbs)) {
    const { word, alone, under } = group;
    const context = { commander, program, io, onStatus };
    const parent = alone === undefined ? undefined : addVerb(context, program, alone, word);
    if (under.size === 0) continue;
    const [first] = under.values();
    const above =
      parent ??
      program
        .command(word)
        .summary(groupSummary(group))
        .usage('<verb> [arguments]')
        .helpGroup(first?.group ?? '');
    above.helpOption('--help', 'print this help').helpCommand(false);
    for (const [name, verb] of under) addVerb(context, above, verb, name);
  }
  return program;
}

/** The words of a command after the name of the program. */
function verbOf(command: Command): string {
  const above = command.parent;
  return above?.parent ? `${verbOf(above)} ${command.name()}` : command.name();
}

interface Context {
  readonly commander: Commander;
  readonly program: Command;
  readonly io: Io;
  onStatus(status: number): void;
}

/** @param name the last word of the verb's name */
function addVerb({ commander, program, io, onStatus }: Context, parent: Command, verb: Verb, name: string): Command {
  const command = parent
    .command(name)
    .summary(verb.summary)
    .description(`${verb.summary}.\n\n${verb.description}`)
    .usage(`[options] ${verb.usage}`.trimEnd())
    .helpOption('--help', 'print this help')
    .helpGroup(verb.group)
    .argument('[arguments...]')
    .configureHelp({ visibleArguments: () => [] });
  const options = verb.options.map((option) => toCommander(commander, option));
  for (const option of options) command.addOption(option);
  if (verb.examples !== undefined) command.addHelpText('after', `\nExamples:\n${verb.examples.map((line) => `  ${line}`).join('\n')}`);
  command.action(async (args: readonly string[]) => {
    const before = valuesOf(program, [...program.options]);
    const misplaced = Object.keys(before).find((name) => !verb.options.some((option) => option.name === name));
    if (misplaced !== undefined) command.error(`error: ${verb.name} has no option '--${misplaced}'`);
    onStatus(await verb.run(args, { ...before, ...valuesOf(command, options) }, io));
  });
  return command;
}

function toCommander({ Option: Made }: Commander, option: VerbOption): Option {
  const short = option.short === undefined ? '' : `-${option.short}, `;
  const made = new Made(`${short}--${option.name}${option.value === undefined ? '' : ` <${option.value}>`}`, option.summary);
  return option.choices === undefined ? made : made.choices(option.choices);
}

/** Given values by the options' own names, which commander turns into camelCase. */
function valuesOf(command: Command, options: readonly Option[]): VerbValues {
  const given = options.flatMap((option) => {
    const value: unknown = command.getOptionValue(option.attributeName());
    return typeof value === 'string' || value === true ? [[option.name(), value] as const] : [];
  });
  return Object.fromEntries(given);
}

function epilogue(verbs: readonly Verb[]): string {
  const listed = verbs.filter((verb) => verb.examples !== undefined).flatMap((verb) => verb.examples?.slice(0, 1) ?? []);
  return [
    'Examples:',
    ...listed.map((line) => `  ${line}`),
    '',
    'Environment:',
    '  RINGMASTER_ENDPOINT     endpoint of the daemon, where --endpoint is not given',
    '  RINGMASTER_RUNTIME_DIR  directory of the sockets of a daemon whose config names no endpoint',
    '',
    'Exit status:',
    ...EXIT_STATUS_HELP.map(([status, meaning]) => `  ${String(status).padStart(2)}  ${meaning}`),
  ].join('\n');
}
