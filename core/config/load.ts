import { dirname, extname, resolve } from 'node:path';
import { readIniSource } from './formats/ini.js';
import { readJsonSource } from './formats/json.js';
import { readModuleSource } from './formats/module.js';
import { readTomlSource } from './formats/toml.js';
import { checkHost } from './host-checks.js';
import { isObject, own } from './json-value.js';
import { examinePlugins } from './plugin-watchers.js';
import { Findings, type Origin, type Problem } from './problem.js';
import { readProblem } from './read-problem.js';
import { checkEncoding, readText } from './read-text.js';
import { resolvePlugins } from './resolve-plugins.js';
import type { Config } from './schema/daemon.js';
import { type Source, typedSource } from './source.js';
import { type CheckOptions, checkSource, type Env } from './validate.js';

export interface LoadedConfig {
  readonly file: string;
  /** Files read, the given one first, then those it includes. */
  readonly files: readonly string[];
  /** Null where there are errors. */
  readonly config: Config | null;
  /** In the order of files and lines. */
  readonly problems: readonly Problem[];
  /** Where the value at a key path such as `watchers.web.cmd` was written; null for a default. */
  origin(path: string): Origin | null;
}
export interface LoadOptions extends CheckOptions {
  /** Whether plugins look at the machine for what would go wrong, which takes a moment. */
  readonly examine?: boolean;
  /** Warn of what the config names and this machine has not: users, directories, commands (default false). */
  readonly host?: boolean;
}

const FORMATS = ['.yaml', '.yml', '.json', '.toml', '.js', '.mjs', '.cjs', '.ts', '.mts', '.cts', '.ini'];

/** Reads and checks a config file. Never throws for what is wrong with it: a file that can't be read is a problem too. */
export async function loadConfig(file: string, options: LoadOptions = {}): Promise<LoadedConfig> {
  const { standing = [] } = options;
  const env = options.env ?? process.env;
  const findings = new Findings(file);
  const source = await readSource(file, { env, standing, findings });
  const usable = source.value !== undefined;
  const plugins = usable
    ? await resolvePlugins(source.value, options.resolvePlugin, dirname(resolve(file)), findings, standingOf(source, standing))
    : null;
  const config = usable ? checkSource(source, plugins, env, findings) : null;
  if (options.examine === true && config !== null && plugins !== null) await examinePlugins(config, plugins, findings);
  if (config !== null && options.host === true) checkHost(config, source.files, env, findings);
  if (options.examine === true && config !== null) {
    const { checkStateDir } = await import('./state-dir-check.js');
    checkStateDir(config, file, findings);
  }
  const usable_here = findings.problems.some(({ severity }) => severity === 'error') ? null : config;
  return {
    file,
    files: source.files,
    config: usable_here,
    problems: findings.sorted(source.files),
    origin: (path) => findings.origin(path),
  };
}

/** Those of the plugins that run anyway for which a watcher has options of its own. */
function standingOf({ value, dotted }: Source, standing: readonly string[]): readonly string[] {
  const watchers = own(value, 'watchers');
  const named = Object.values(isObject(watchers) ? watchers : {}).flatMap((watcher) => Object.keys(own(watcher, 'plugins') ?? {}));
  return standing.filter((name) => named.includes(name) || dotted.some(({ plugin }) => plugin === name));
}

interface Reading {
  readonly env: Env;
  readonly standing: readonly string[];
  readonly findings: Findings;
}

async function readSource(file: string, { env, standing, findings }: Reading): Promise<Source> {
  const extension = extname(file).toLowerCase();
  if (/^\.[mc]?[jt]s$/.test(extension)) return readModuleSource(file, findings);
  let text: string;
  try {
    text = await readText(file);
  } catch (thrown) {
    findings.error([], readProblem(file, thrown));
    return typedSource(undefined, file);
  }
  if (text.includes('\0')) {
    findings.error([], { message: 'is not a text file: it has a byte 0 in it' });
    return typedSource(undefined, file);
  }
  checkEncoding(text, file, findings);
  if (extension === '.yaml' || extension === '.yml') {
    const { readYamlSource } = await import('./formats/yaml.js');
    return readYamlSource(text, file, findings);
  }
  if (extension === '.json') return readJsonSource(text, file, findings);
  if (extension === '.toml') return readTomlSource(text, file, findings);
  if (extension === '.ini' || looksLikeCircusIni(text)) return readIniSource(text, file, { env, standing, findings });
  const allowed = `one of ${FORMATS.join(', ')}`;
  findings.error([], { message: `has a format that is not known: its name must end in ${allowed}`, found: extension, allowed });
  return typedSource(undefined, file);
}

/** Circus takes a file of any name as ini. */
function looksLikeCircusIni(text: string): boolean {
  return /^\[(?:circus|(?:watcher|socket|plugin|env):[^\]]+)\]/m.test(text);
}
