import { createInterface } from 'node:readline';
import { EXIT_STATUS, type Io, isRingmasterError, splitWords, type VerbValues, version } from '../../../core/index.js';
import { ArgumentError } from '../command.js';
import { CTL_COMMANDS, type CtlSession, ctlTarget, runLine } from './ctl.js';
import { readCtlLine, unknownWord } from './ctl-arguments.js';
import { completeLine } from './ctl-completion.js';
import { commandHelp, promptHelp } from './ctl-help.js';
import { withClient } from './talk.js';
import type { SshTunnel } from './tunnel.js';

const PROMPT = '(circusctl) ';
/** How long a completion may wait for the names of watchers, ms. */
const COMPLETION_MS = 1000;

/** Reads commands line by line until the end of input; options of the program hold for each line. */
export async function runPrompt(values: VerbValues, io: Io): Promise<number> {
  io.stdout.write(`circusctl ${version()}\n`);
  let tunnel: SshTunnel | undefined;
  try {
    ({ tunnel } = ctlTarget(values, io));
  } catch (error) {
    if (!(error instanceof ArgumentError) && !isRingmasterError(error)) throw error;
    io.stderr.write(`${error.message}\n`);
    return EXIT_STATUS.failed;
  }
  try {
    return await readLines(values, io, tunnel === undefined ? {} : { tunnel });
  } finally {
    await tunnel?.close();
  }
}

async function readLines(values: VerbValues, io: Io, session: CtlSession): Promise<number> {
  await execute(['status'], values, io, session);
  const lines = createInterface({
    input: io.stdin,
    output: io.stdout,
    terminal: io.stdin.isTTY === true && io.stdout.isTTY === true,
    prompt: PROMPT,
    completer: (line: string, done: (error: null, result: [string[], string]) => void) => {
      watcherNames(values, io, session).then(
        (names) => {
          const { hits, word } = completeLine(line, CTL_COMMANDS, names);
          done(null, [[...hits], word]);
        },
        () => done(null, [[], line]),
      );
    },
  });
  let running: AbortController | undefined;
  lines.on('SIGINT', () => {
    if (running === undefined) lines.close();
    else running.abort();
  });
  // At the end of input there may be lines yet to be read; Node from 24 on refuses to prompt then.
  let ended = false;
  lines.once('close', () => {
    ended = true;
  });
  const prompt = (): void => {
    if (ended) io.stdout.write(PROMPT);
    else lines.prompt();
  };
  prompt();
  for await (const line of lines) {
    // Circus's prompt has this word for the end of input.
    if (line.trim() === 'EOF') break;
    running = new AbortController();
    await executeLine(line, values, io, { ...session, signal: running.signal });
    running = undefined;
    prompt();
  }
  lines.close();
  io.stdout.write('\n');
  return EXIT_STATUS.ok;
}

async function executeLine(line: string, values: VerbValues, io: Io, session: CtlSession): Promise<void> {
  const split = splitWords(line);
  if ('error' in split) {
    io.stderr.write(`error: ${split.error}\n`);
    return;
  }
  const [first, ...rest] = split.words;
  if (first === undefined) return;
  if (first === 'help' || first === '?') help(rest[0], io);
  else if (CTL_COMMANDS.has(first.toLowerCase())) await execute(split.words, values, io, session);
  else io.stdout.write(`*** Unknown syntax: ${unknownWord(first, CTL_COMMANDS)}; try: help\n`);
}

async function execute(words: readonly string[], values: VerbValues, io: Io, session: CtlSession): Promise<void> {
  const line = readCtlLine(words, CTL_COMMANDS);
  await runLine({ ...line, values: { ...values, ...line.values } }, io, session);
}

function help(name: string | undefined, io: Io): void {
  const command = name === undefined ? undefined : CTL_COMMANDS.get(name.toLowerCase());
  if (name !== undefined && command === undefined) io.stdout.write(`*** No help on ${unknownWord(name, CTL_COMMANDS)}\n`);
  else io.stdout.write(`${command === undefined ? promptHelp(CTL_COMMANDS.values()) : commandHelp(command)}\n`);
}

async function watcherNames(values: VerbValues, io: Io, { tunnel }: CtlSession): Promise<readonly string[]> {
  return withClient({ ...ctlTarget(values, io, tunnel), timeout_ms: COMPLETION_MS }, async (client) => {
    const { watchers } = await client.call('list', {});
    return Array.isArray(watchers) ? watchers.map(String) : [];
  });
}
