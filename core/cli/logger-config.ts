import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { type IniSections, parseIni } from '../config/ini.js';
import { isObject, type JsonObject } from '../config/json-value.js';
import { messageOf, RingmasterError } from '../errors.js';
import type { LogLevel } from './log-levels.js';
import { readPythonArguments } from './python-arguments.js';

/** What of a configuration of Python's logging has a meaning here. */
export interface LoggerConfig {
  readonly level?: LogLevel;
  /** As `logoutput` has it. */
  readonly output?: string;
  /** One line for each thing that is not taken over, with what to do instead. */
  readonly warnings: readonly string[];
}

const ALLOWED = 'a file that ends in .ini, .json or .yaml';

/**
 * Reads a configuration of Python's logging, in the forms of its fileConfig and dictConfig: the level of the logger `circus`, and
 * where its first handler writes to.
 *
 * @throws RM_CONFIG_READ
 */
export async function readLoggerConfig(file: string): Promise<LoggerConfig> {
  try {
    const text = await readFile(file, 'utf8');
    return understand(await parse(text, file), file);
  } catch (cause) {
    throw new RingmasterError('RM_CONFIG_READ', [file, messageOf(cause)], { cause });
  }
}

async function parse(text: string, file: string): Promise<JsonObject> {
  const extension = extname(file).toLowerCase();
  if (extension === '.ini') return fromIni(text, file);
  if (!['.json', '.yaml', '.yml'].includes(extension)) throw new Error(`loggerconfig must be ${ALLOWED}`);
  const value: unknown = extension === '.json' ? JSON.parse(text) : (await import('yaml')).parse(text);
  if (!isObject(value)) throw new Error('it holds no mapping');
  return value;
}

/** fileConfig's sections in the shape of dictConfig. */
function fromIni(text: string, file: string): JsonObject {
  const sections: IniSections = new Map();
  parseIni(text, file, sections, (_severity, { message }, { line }) => {
    throw new Error(`line ${line}: ${message}`);
  });
  const result: { handlers: JsonObject; loggers: JsonObject; root?: JsonObject } = { handlers: {}, loggers: {} };
  for (const [title, { entries }] of sections) {
    const [, kind, name = ''] = /^(logger|handler)_(.*)$/.exec(title) ?? [];
    if (kind === undefined) continue;
    const values: JsonObject = Object.fromEntries([...entries].map(([key, { value }]) => [key, value]));
    if (kind === 'handler') result.handlers[name] = handlerOf(values);
    else {
      const logger = { ...values, handlers: listOf(values.handlers), propagate: values.propagate !== '0' };
      if (name === 'root') result.root = logger;
      else result.loggers[String(values.qualname ?? name)] = logger;
    }
  }
  return result;
}

/** The arguments of a handler's class by the names that dictConfig has for them. */
function handlerOf(values: JsonObject): JsonObject {
  const [first, second] = readPythonArguments(String(values.args ?? ''));
  if (/SysLogHandler$/.test(String(values.class))) return { ...values, address: first, facility: second };
  return { ...values, filename: first };
}

function understand(config: JsonObject, file: string): LoggerConfig {
  const loggers = isObject(config.loggers) ? config.loggers : {};
  const root = isObject(config.root) ? config.root : isObject(loggers.root) ? loggers.root : {};
  const circus = isObject(loggers.circus) ? loggers.circus : {};
  const names = [...listOf(circus.handlers), ...(circus.propagate === false ? [] : listOf(root.handlers))];
  const handlers = isObject(config.handlers) ? config.handlers : {};
  const known = names.map((name) => ({ name, handler: handlers[name] })).map(({ name, handler }) => ({ name, ...outputOf(handler) }));
  const taken = known.find(({ output }) => output !== undefined);
  const level = levelOf(circus.level) ?? levelOf(root.level);
  const strictest = [level, taken?.level].filter((one) => one !== undefined).sort((a, b) => RANKS.indexOf(a) - RANKS.indexOf(b))[0];
  const warn = (text: string): string => `${file}: ${text}`;
  return {
    ...(strictest !== undefined && { level: strictest }),
    ...(taken?.output !== undefined && { output: taken.output }),
    warnings: [
      ...(taken === undefined ? [warn('no handler of it is of a kind that is known here; logoutput says where the log goes')] : []),
      ...known
        .filter((one) => one !== taken)
        .map(({ name }) => warn(`handler ${name} is not taken over: the log goes to one place, ${taken?.output ?? 'that of logoutput'}`)),
      ...(taken?.rotates === true
        ? [warn(`handler ${taken.name} does not rotate here: leave that to logrotate, the file is opened again by itself`)]
        : []),
      ...(taken?.formats === true
        ? [warn(`the format of handler ${taken.name} is not taken over: a file gets JSON lines, syslog its own form`)]
        : []),
    ],
  };
}

interface HandlerOutput {
  readonly output?: string;
  readonly level?: LogLevel;
  readonly rotates?: boolean;
  readonly formats?: boolean;
}

function outputOf(handler: unknown): HandlerOutput {
  if (!isObject(handler)) return {};
  const kind = String(handler.class).split('.').at(-1) ?? '';
  const level = levelOf(handler.level);
  const rest = { ...(level !== undefined && { level }), formats: Boolean(handler.formatter) };
  if (/^(?:Watched|Rotating|TimedRotating)?FileHandler$/.test(kind) && typeof handler.filename === 'string') {
    return { ...rest, output: handler.filename, rotates: kind.includes('Rotating') };
  }
  if (kind === 'StreamHandler') return { ...rest, output: '-' };
  if (kind !== 'SysLogHandler') return {};
  const facility = String(handler.facility ?? 'user')
    .replace(/^.*LOG_/, '')
    .toLowerCase();
  const { address = ['localhost', 514] } = handler;
  if (typeof address === 'string') return { ...rest, output: `syslog://${address}?${facility}` };
  return Array.isArray(address) ? { ...rest, output: `syslog://${address[0]}:${address[1] ?? 514}?${facility}` } : {};
}

/** Least important last. */
const RANKS: readonly LogLevel[] = ['critical', 'error', 'warning', 'info', 'debug'];
const OTHER_NAMES: Readonly<Record<string, LogLevel>> = { fatal: 'critical', warn: 'warning' };

/** A level of Python's by name or number; undefined for NOTSET and what is none. */
function levelOf(value: unknown): LogLevel | undefined {
  if (typeof value === 'number') return RANKS[5 - Math.ceil(value / 10)];
  const name = String(value).toLowerCase();
  return OTHER_NAMES[name] ?? RANKS.find((level) => level === name);
}

function listOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.map(String);
  return typeof value === 'string'
    ? value
        .split(',')
        .map((one) => one.trim())
        .filter((one) => one !== '')
    : [];
}
