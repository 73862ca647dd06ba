import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { extname } from 'node:path';
import { messageOf, RingmasterError } from '../errors.js';
import { HOOKS, type HookName } from '../hooks.js';
import type { JsonSchema } from '../json-schema.js';
import { silentLogger } from '../log.js';
import type { AnyPlugin, OptionsSchema, PluginContext } from '../plugin.js';
import { splitWords } from '../shell-words.js';
import type { Endpoint, Launch } from './endpoint.js';
import { IsolationHost, MIRROR_HOOKS } from './host.js';
import { GuestLink } from './link.js';
import { type HostMessage, PROTOCOL } from './messages.js';
import type { Isolation } from './options.js';

const MODULES = ['.js', '.mjs', '.cjs', '.ts', '.mts', '.cts'];
/** What runs a script that is not executable. */
const INTERPRETERS: Readonly<Record<string, string>> = { '.py': 'python3', '.sh': 'sh' };

/**
 * The plugin that a config names, to run in a thread or process of its own. It is started for a moment, to say what it is.
 *
 * @param source what the config calls it
 * @param directory of the config
 * @param locate finds its file; not asked where there is a command
 * @throws RM_PLUGIN_ISOLATION that says what is wrong
 */
export async function isolatedPlugin(
  source: string,
  directory: string,
  isolation: Isolation,
  locate: () => Promise<string>,
): Promise<Readonly<Record<string, unknown>>> {
  const launch = await launchOf(source, directory, isolation, locate);
  const describe = await describeGuest(launch);
  const { hooks, requires, per_watcher, applies, probes, name, summary, schema } = describe;
  const refuse = (why: string): never => {
    throw new RingmasterError('RM_PLUGIN_ISOLATION', [source, launch.tier, why]);
  };
  const sync = hooks.find((hook) => Object.hasOwn(HOOKS, hook) && HOOKS[hook as HookName].kind === 'gate' && HOOKS[hook as HookName].sync);
  if (sync !== undefined) refuse(`it taps hook ${sync}, which has to be answered at once; only a plugin in the daemon can`);
  if (requires.length > 0) refuse(`it requires ${requires.join(', ')}, and services of other plugins are only for those in the daemon`);
  const plugin: AnyPlugin = {
    name,
    summary,
    schema: schema as unknown as OptionsSchema,
    hooks: [...new Set([...(hooks as HookName[]), ...MIRROR_HOOKS])],
    per_watcher,
    applies,
    probes: probes.map((probe) => ({ ...probe, schema: probe.schema as JsonSchema })),
    setup: (context: PluginContext<never, HookName>) =>
      new IsolationHost({ context, describe, patience_ms: launch.patience_ms, start: () => start(launch) }).start(),
  };
  return { ...plugin };
}

async function launchOf(source: string, directory: string, isolation: Isolation, locate: () => Promise<string>): Promise<Launch> {
  const { tier, command, memory_limit, patience } = isolation;
  const refuse = (why: string): never => {
    throw new RingmasterError('RM_PLUGIN_ISOLATION', [source, tier, why]);
  };
  if (tier === 'none') return refuse('it is to run in the daemon');
  const rest = { tier, source, cwd: directory, memory_bytes: memory_limit, patience_ms: patience * 1000 };
  if (command !== undefined) {
    if (tier === 'worker') refuse('a thread runs a module, not a command; use process');
    const split = typeof command === 'string' ? splitWords(command) : { words: command };
    if ('error' in split) return refuse(`its command ${split.error}`);
    return { ...rest, run: { words: split.words } };
  }
  const file = await locate();
  const extension = extname(file);
  if (MODULES.includes(extension)) return { ...rest, run: { module: file } };
  if (tier === 'worker') refuse(`a thread runs a module of JavaScript, and ${file} is none; use process`);
  if (await isExecutable(file)) return { ...rest, run: { words: [file] } };
  const interpreter = INTERPRETERS[extension];
  if (interpreter === undefined) return refuse(`${file} is not executable; make it so, or give its command`);
  return { ...rest, run: { words: [interpreter, file] } };
}

function start(launch: Launch): Promise<Endpoint> {
  return launch.tier === 'worker' && 'module' in launch.run
    ? import('./worker-channel.js').then(({ startWorker }) => startWorker(launch))
    : import('./process-channel.js').then(({ startProcess }) => startProcess(launch));
}

/** Starts the guest for as long as it takes to say what it is. */
async function describeGuest(launch: Launch): Promise<HostMessage<'describe'>> {
  const refuse = (why: string, cause?: unknown): never => {
    throw new RingmasterError('RM_PLUGIN_ISOLATION', [launch.source, launch.tier, why], { cause });
  };
  const said: string[] = [];
  let link: GuestLink | undefined;
  try {
    const endpoint = await start(launch);
    const told = await new Promise<HostMessage<'describe'> | null>((resolve) => {
      const note = (text: string): void => void (said.length < SAID_LINES && said.push(text));
      link = new GuestLink(
        endpoint,
        {
          message: (message) => {
            if (message.type === 'describe') resolve(message);
            else link?.abort(`said ${message.type} before it said what it is`);
          },
          news: () => [],
        },
        { ...silentLogger, warn: note },
      );
      link.expectWord(launch.patience_ms);
      void link.ended.then(() => resolve(null));
    });
    await link?.close();
    if (told === null) return refuse([`it ${await link?.ended}`, ...said].join('; '));
    if (told.protocol !== PROTOCOL) refuse(`it speaks version ${told.protocol} of the protocol, and here it is ${PROTOCOL}`);
    return told;
  } catch (cause) {
    if (cause instanceof RingmasterError) throw cause;
    return refuse(messageOf(cause), cause);
  }
}
const SAID_LINES = 5;

async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}
