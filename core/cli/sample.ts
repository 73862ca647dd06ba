import { daemonProperties } from '../config/schema/daemon.js';
import { watcherSchema } from '../config/schema/watcher.js';
import type { JsonSchema } from '../json-schema.js';

export const SAMPLE_FORMATS = ['yaml', 'json', 'toml', 'ini'] as const;
export type SampleFormat = (typeof SAMPLE_FORMATS)[number];

/** Starts a comment in every format that has them. */
const MARK = '#';

type Value = string | number | boolean;
interface Section {
  /** Keys from the top, none for the daemon's own options. */
  readonly path: readonly string[];
  readonly ini: string;
  readonly schema: Readonly<Record<string, JsonSchema>>;
  readonly values: Readonly<Record<string, Value>>;
  /** What an ini has instead of one of the values. */
  readonly in_ini?: Readonly<Record<string, readonly [key: string, value: Value]>>;
}

/** What the sample shows: small, but it runs wherever there is a shell. */
const SECTIONS: readonly Section[] = [
  { path: [], ini: 'circus', schema: daemonProperties, values: { check_delay: 5, loglevel: 'info' } },
  {
    path: ['watchers', 'web'],
    ini: 'watcher:web',
    schema: watcherSchema.properties,
    values: { cmd: 'sleep 3600', numprocesses: 2, priority: 1, graceful_timeout: 10, copy_env: true },
  },
  {
    path: ['watchers', 'ticker'],
    ini: 'watcher:ticker',
    schema: watcherSchema.properties,
    values: { cmd: 'sh -c "while sleep 5; do date; done"', singleton: true, stdout: 'memory', copy_env: true },
    in_ini: { stdout: ['stdout_stream.class', 'QueueStream'] },
  },
];
const ENVIRONMENT: Readonly<Record<string, string>> = { LOG_LEVEL: 'info' };

/** A sample config; comments are the descriptions of the schema. JSON has none. */
export function sampleConfig(format: SampleFormat): string {
  return RENDERERS[format]();
}

const RENDERERS: Readonly<Record<SampleFormat, () => string>> = { yaml, json, toml, ini };

function json(): string {
  const config: Record<string, unknown> = {};
  for (const { path, values } of SECTIONS) {
    const [map, name] = path;
    if (map === undefined || name === undefined) Object.assign(config, values);
    else config[map] = { ...(config[map] as object | undefined), [name]: values };
  }
  return `${JSON.stringify({ ...config, env: ENVIRONMENT }, null, 2)}\n`;
}

function yaml(): string {
  const lines = [...intro()];
  let open = '';
  for (const section of SECTIONS) {
    const [map = '', name] = section.path;
    if (map !== open) lines.push('', `${map}:`);
    open = map;
    if (name !== undefined) lines.push(`  ${name}:`);
    const indent = '  '.repeat(section.path.length);
    lines.push(...entries(section, (key, value) => `${key}: ${yamlValue(value)}`).map((line) => `${indent}${line}`));
  }
  lines.push('', 'env:', ...Object.entries(ENVIRONMENT).map(([key, value]) => `  ${key}: ${value}`));
  return `${lines.join('\n')}\n`;
}

function toml(): string {
  const assign = (key: string, value: Value): string => `${key} = ${JSON.stringify(value)}`;
  const blocks = SECTIONS.map((section) => [
    ...(section.path.length > 0 ? ['', `[${section.path.join('.')}]`] : []),
    ...entries(section, assign),
  ]);
  const environment = ['', '[env]', ...Object.entries(ENVIRONMENT).map(([key, value]) => assign(key, value))];
  return `${[...intro(), ...blocks.flat(), ...environment].join('\n')}\n`;
}

function ini(): string {
  const line = (key: string, value: Value): string => `${key} = ${value}`;
  const blocks = SECTIONS.map((section) => [
    '',
    `[${section.ini}]`,
    ...entries(section, (key, value) => line(...(section.in_ini?.[key] ?? ([key, value] as const)))),
  ]);
  const environment = ['', '[env]', ...Object.entries(ENVIRONMENT).map(([key, value]) => line(key, value))];
  return `${[...intro(), ...blocks.flat(), ...environment].join('\n')}\n`;
}

function intro(): readonly string[] {
  return [`${MARK} A config of ringmaster. Check it with \`ringmaster check FILE\`, run it with \`ringmaster run FILE\`.`];
}

/** Each value under its description, the first time that one is shown. */
function entries(section: Section, assign: (key: string, value: Value) => string): readonly string[] {
  return Object.entries(section.values).flatMap(([key, value]) => {
    const description = isRepeated(section, key) ? undefined : section.schema[key]?.description;
    return [...(description === undefined ? [] : [`${MARK} ${description}`]), assign(key, value)];
  });
}

function isRepeated(section: Section, key: string): boolean {
  const earlier = SECTIONS.slice(0, SECTIONS.indexOf(section));
  return earlier.some((other) => other.schema === section.schema && key in other.values);
}

function yamlValue(value: Value): string {
  return typeof value === 'string' && !/^[\w ./-]+$/.test(value) ? `'${value.replaceAll("'", "''")}'` : String(value);
}
