import { envVariables, replaceVariables, type Variables } from '../variables.js';
import { isPythonClass, PYTHON_RUNNER, packagedOptions, pythonPlugin } from './circus-python.js';
import { addWatcher, WATCHER_KEYS } from './circus-watcher.js';
import { suggestion } from './did-you-mean.js';
import { fnmatch } from './fnmatch.js';
import type { IniEntry, IniSection, IniSections } from './ini.js';
import { type JsonObject, objectIn } from './json-value.js';
import type { Findings, Path } from './problem.js';
import { daemonProperties } from './schema/daemon.js';
import { socketSchema } from './schema/socket.js';
import type { DottedKey } from './source.js';
import { packagedPlugin } from './unsupported.js';

type Env = Readonly<Record<string, string | undefined>>;
type Entries = ReadonlyMap<string, IniEntry>;

/** What the sections of an ini file ask for, in the shape of a config, every value still text. */
export interface CircusIni {
  readonly value: JsonObject;
  readonly dotted: readonly DottedKey[];
}

interface PluginSection {
  readonly name: string;
  readonly section: IniSection;
  readonly entries: Entries;
}

/** What Circus's reader takes where a socket has none: the path gets the mode 0767, so that others can connect. */
const UNIX_SOCKET_UMASK = 8;
const KINDS = ['circus', 'env', 'watcher', 'socket', 'plugin'];

/**
 * Turns the sections of a circus.ini into a config. Watchers come in the order of their names, as in Circus.
 *
 * @param standing plugins that run without a section of their own
 * @source Circus's get_config
 */
export function circusConfig(sections: IniSections, daemonEnv: Env, findings: Findings, standing: readonly string[]): CircusIni {
  const reader = new CircusReader(sections, daemonEnv, findings, standing);
  for (const [name, section] of sections) reader.section(name, section);
  return reader.finish();
}

class CircusReader {
  readonly #findings: Findings;
  readonly #standing: readonly string[];
  readonly #shared: Entries;
  readonly #variables: Variables;
  readonly #daemon: JsonObject = {
    endpoint: 'tcp://127.0.0.1:5555',
    pubsub_endpoint: 'tcp://127.0.0.1:5556',
    multicast_endpoint: 'udp://237.219.251.97:12027',
  };
  readonly #watchers = new Map<string, JsonObject>();
  readonly #sockets: JsonObject = {};
  readonly #plugins: JsonObject = {};
  /** The sections that ask for a plugin, by what they use. */
  readonly #pluginSections = new Map<string, PluginSection[]>();
  readonly #env: JsonObject = {};
  readonly #envSections: { readonly patterns: readonly string[]; readonly section: IniSection; readonly entries: Entries }[] = [];
  readonly #dotted: DottedKey[] = [];
  /** What `use` names, by the name of the section and by itself. */
  readonly #uses = new Map<string, string>();
  /** Sections that use a Python class, which looks for options of watchers by itself. */
  readonly #python = new Set<string>();

  constructor(sections: IniSections, daemonEnv: Env, findings: Findings, standing: readonly string[]) {
    this.#findings = findings;
    this.#standing = standing;
    this.#shared = sections.get('DEFAULT')?.entries ?? new Map();
    const env = [...(sections.get('env')?.entries ?? [])].map(([key, { value }]): [string, string] => [key, value]);
    this.#variables = envVariables(daemonEnv, Object.fromEntries(env));
  }

  section(title: string, section: IniSection): void {
    const [, kind = title, name = ''] = /^([^:]*):(.*)$/s.exec(title) ?? [];
    const entries: Entries = new Map([...section.entries, ...[...this.#shared].filter(([key]) => !section.entries.has(key))]);
    if (title === 'DEFAULT') return;
    if (entries.size === 0 && ['watcher', 'socket', 'plugin'].includes(kind)) {
      this.#findings.warn([], { message: `section [${title}] is empty and left out` }, section.origin);
    } else if (title === 'circus') this.#daemonOptions(entries);
    else if (title === 'env') this.#texts(this.#env, ['env'], entries);
    else if (name !== '' && kind === 'env') {
      this.#envSections.push({ patterns: name.split(',').map((pattern) => pattern.trim()), section, entries });
    } else if (name.trim() !== '' && kind === 'watcher') this.#watcher(name, section, entries);
    else if (name !== '' && kind === 'socket') this.#socket(name.toLowerCase(), section, entries);
    else if (name !== '' && kind === 'plugin') this.#plugin(name, section, entries);
    else {
      const meant = suggestion(kind, KINDS).did_you_mean;
      const hint = meant === undefined ? {} : { did_you_mean: `[${name === '' ? meant : `${meant}:${name}`}]` };
      this.#findings.warn([], { message: `section [${title}] is none of Circus's and left out`, ...hint }, section.origin);
    }
  }

  finish(): CircusIni {
    for (const [use, sections] of this.#pluginSections) this.#configurePlugin(use, sections);
    for (const { patterns, section, entries } of this.#envSections) this.#applyEnv(patterns, section, entries);
    for (const { plugin, option, path } of this.#dotted) {
      if (this.#python.has(plugin) || this.#uses.has(plugin) || this.#standing.includes(plugin)) continue;
      const message = `is an option of a plugin ${plugin}, which the file does not ask for: it is kept as a freeform option`;
      this.#findings.warn(path, { message, ...suggestion(`${plugin}.${option}`, WATCHER_KEYS) });
    }
    if (/^\s*(?:1|yes|true|on)\s*$/i.test(String(this.#daemon.statsd))) this.#daemon.stats_endpoint ??= 'tcp://127.0.0.1:5557';
    const watchers = [...this.#watchers].toSorted(([a], [b]) => (a < b ? -1 : 1));
    const value = {
      ...this.#daemon,
      watchers: Object.fromEntries(watchers),
      sockets: this.#sockets,
      plugins: this.#plugins,
      env: this.#env,
    };
    return { value, dotted: this.#dotted.map((key) => ({ ...key, plugin: this.#uses.get(key.plugin) ?? key.plugin })) };
  }

  #daemonOptions(entries: Entries): void {
    const known = [...Object.keys(daemonProperties), 'include', 'include_dir'];
    for (const [key, entry] of entries) {
      this.#findings.locate([key], entry.origin);
      if (Object.hasOwn(daemonProperties, key)) this.#daemon[key] = entry.value;
      else if (!known.includes(key)) this.#ignored([key], key, known, entry);
    }
  }

  #watcher(name: string, section: IniSection, entries: Entries): void {
    this.#findings.locate(['watchers', name], section.origin);
    const { options, dotted } = addWatcher(name, entries, this.#findings);
    this.#watchers.set(name, options);
    this.#dotted.push(...dotted);
  }

  #socket(name: string, section: IniSection, entries: Entries): void {
    const path = ['sockets', name];
    this.#findings.locate(path, section.origin);
    const socket: JsonObject = {};
    for (const [key, entry] of entries) {
      this.#findings.locate([...path, key], entry.origin);
      // Circus reads the umask of a socket as a decimal number.
      if (key === 'umask' && /^\s*\d+\s*$/.test(entry.value)) socket[key] = Number(entry.value);
      else if (Object.hasOwn(socketSchema.properties, key)) socket[key] = entry.value;
      else this.#ignored([...path, key], key, Object.keys(socketSchema.properties), entry);
    }
    if (entries.has('path') && !entries.has('umask')) socket.umask = UNIX_SOCKET_UMASK;
    this.#sockets[name] = socket;
  }

  #plugin(name: string, section: IniSection, entries: Entries): void {
    const entry = entries.get('use');
    if (entry === undefined) {
      const allowed = 'the file or package of a plugin: use = ./plugins/mine.js';
      this.#findings.error(['plugins', name, 'use'], { message: `is missing; it must be ${allowed}`, allowed }, section.origin);
      return;
    }
    const use = replaceVariables(entry.value, this.#variables, false).trim();
    const packaged = entries.has('python') ? undefined : packagedPlugin(use);
    if (packaged !== undefined) this.#usePlugin(name, packaged, section, packagedOptions(packaged, name, entries, this.#findings));
    else if (isPythonClass(use)) this.#pythonPlugin(name, use, section, entries);
    else this.#usePlugin(name, use, section, entries);
  }

  #pythonPlugin(name: string, use: string, section: IniSection, entries: Entries): void {
    const path = ['plugins', PYTHON_RUNNER, 'plugins', name];
    for (let length = 2; length <= path.length; length++) this.#findings.locate(path.slice(0, length), section.origin);
    objectIn(objectIn(this.#plugins, PYTHON_RUNNER), 'plugins')[name] = pythonPlugin(use, entries, path, this.#findings);
    this.#python.add(name);
  }

  #usePlugin(name: string, use: string, section: IniSection, entries: Entries): void {
    this.#pluginSections.set(use, [...(this.#pluginSections.get(use) ?? []), { name, section, entries }]);
    this.#uses.set(name, use).set(use, use);
  }

  /** Circus runs a plugin once for each section; here it is there once, with the options of each section for the watcher that it names. */
  #configurePlugin(use: string, sections: readonly PluginSection[]): void {
    const [first, ...more] = sections;
    if (first === undefined) return;
    this.#findings.locate(['plugins', use], first.section.origin);
    const watchers = sections.map(({ entries }) => this.#watcherOf(entries));
    if (more.length > 0 && watchers.every((watcher) => watcher !== undefined)) {
      this.#plugins[use] = { watcher: watchers[0] };
      for (const [at, { name, entries }] of sections.entries()) this.#spread(use, String(watchers[at]), name, entries);
      return;
    }
    const { use: _, ...options } = this.#texts({}, ['plugins', use], first.entries);
    Object.assign(objectIn(this.#plugins, use), options);
    for (const { name, section } of more) {
      const message = `section [plugin:${name}] is left out: [plugin:${first.name}] uses ${use} already`;
      this.#findings.warn([], { message, fix: 'put the options into one section, those for one watcher into its own' }, section.origin);
    }
  }

  /** The watcher that a section is for, where it names one that there is. */
  #watcherOf(entries: Entries): string | undefined {
    const asked = (entries.get('watcher') ?? entries.get('service'))?.value.trim().toLowerCase();
    return [...this.#watchers.keys()].find((watcher) => watcher.toLowerCase() === asked);
  }

  #spread(plugin: string, watcher: string, section: string, entries: Entries): void {
    for (const [option, { value, origin }] of entries) {
      if (option === 'use') continue;
      const path = ['plugins', section, option];
      this.#findings.locate(path, origin);
      this.#dotted.push({ watcher, plugin, option, text: value, path });
    }
  }

  #texts(into: JsonObject, path: Path, entries: Entries): JsonObject {
    for (const [key, { value, origin }] of entries) {
      this.#findings.locate([...path, key], origin);
      into[key] = value;
    }
    return into;
  }

  #applyEnv(patterns: readonly string[], section: IniSection, entries: Entries): void {
    for (const pattern of patterns) {
      const matched = [...this.#watchers].filter(([name]) => fnmatch(name, pattern));
      if (matched.length === 0) {
        const message = `section [env:${patterns.join(',')}]: "${pattern}" matches no watcher`;
        this.#findings.warn([], { message, ...suggestion(pattern, this.#watchers.keys()) }, section.origin);
      }
      for (const [name, watcher] of matched) {
        this.#texts(objectIn(watcher, 'env'), ['watchers', name, 'env'], entries);
      }
    }
  }

  #ignored(path: Path, key: string, known: readonly string[], { origin }: IniEntry): void {
    this.#findings.warn(path, { message: 'is not a known key and ignored', found: key, ...suggestion(key, known) }, origin);
  }
}
