import type { ControlCommand } from './control-command.js';
import type { ConfigPartSource, HttpRoute, Metric, ProbeType, StreamType } from './extension-types.js';
import { isPlain } from './freeze.js';
import { describeValue } from './hook-result.js';

/** What each extension point takes. */
export interface ExtensionTypes {
  command: ControlCommand;
  metric: Metric;
  route: HttpRoute;
  stream: StreamType;
  probe: ProbeType;
  config_source: ConfigPartSource;
}
export type ExtensionPoint = keyof ExtensionTypes;

/** What a field of a contribution has to be: see FIELD_KINDS, or one of a few words. */
export type FieldKind = keyof typeof FIELD_KINDS | readonly string[];

export interface ExtensionField {
  readonly kind: FieldKind;
  readonly summary: string;
  readonly optional?: true;
}

interface ExtensionRow<T> {
  readonly summary: string;
  /** Which plugin makes use of it. */
  readonly used_by: string;
  /** The fields that together are unique among all plugins' contributions. */
  readonly key: readonly (keyof T & string)[];
  readonly fields: Readonly<{ [K in keyof T & string]-?: ExtensionField }>;
}

/** The kinds of fields: what is allowed, in words, and the check. */
export const FIELD_KINDS = {
  name: { allowed: 'a name of a-z, 0-9, _ and -', test: (value: unknown) => matches(value, /^[a-z][a-z0-9_-]*$/) },
  stream_name: { allowed: 'a name of a-z, 0-9 and _', test: (value: unknown) => matches(value, /^[a-z][a-z0-9_]*$/) },
  metric_name: { allowed: 'a name of a-z, 0-9 and _', test: (value: unknown) => matches(value, /^[a-z][a-z0-9_]*$/) },
  path: { allowed: 'a path that begins with /, without ? and #', test: (value: unknown) => matches(value, /^\/[^\s?#]*$/) },
  text: { allowed: 'a text', test: (value: unknown) => typeof value === 'string' && value !== '' },
  flag: { allowed: 'true or false', test: (value: unknown) => typeof value === 'boolean' },
  texts: { allowed: 'a list of texts', test: (value: unknown) => Array.isArray(value) && value.every((one) => typeof one === 'string') },
  function: { allowed: 'a function', test: (value: unknown) => typeof value === 'function' },
  schema: {
    allowed: 'a JSON Schema of type object, with properties',
    test: (value: unknown) =>
      isPlain(value) && 'type' in value && value.type === 'object' && 'properties' in value && isPlain(value.properties),
  },
} as const satisfies Readonly<Record<string, { readonly allowed: string; test(value: unknown): boolean }>>;

/** Every extension point as a row of data: what it is for, and what a contribution has. */
export const EXTENSION_POINTS = {
  command: {
    summary: 'A control command: a request that the endpoint answers, and at once a verb of `ringmaster`.',
    used_by: 'control',
    key: ['name'],
    fields: {
      name: { kind: 'name', summary: 'What requests and the command line call it.' },
      summary: { kind: 'text', summary: 'One line, for listings.' },
      description: { kind: 'text', summary: 'Paragraphs for `--help`.', optional: true },
      request: { kind: 'schema', summary: 'Schema of the properties of a request; options of the verb follow from it.' },
      reply: { kind: 'schema', summary: "Schema of the reply's own keys." },
      role: {
        kind: ['read', 'operate', 'admin'],
        summary: 'What the key of whoever asks must be good for; admin where nothing is said.',
        optional: true,
      },
      always_waits: {
        kind: 'flag',
        summary: 'There is no answer before `run` has one, whether the request is `waiting` or not.',
        optional: true,
      },
      arguments: { kind: 'texts', summary: 'Properties that are positional on the command line, in order.', optional: true },
      prints: { kind: 'text', summary: 'The key of the reply that the command line prints alone, as text.', optional: true },
      run: {
        kind: 'function',
        summary: '`(properties, {supervisor})`, with checked properties; returns the keys of the reply, a promise of them, or `Staged`.',
      },
    },
  },
  metric: {
    summary: 'Figures for whoever asks: the command `metrics`, and the page `/metrics` of the plugin `http`.',
    used_by: 'metrics',
    key: ['name'],
    fields: {
      name: { kind: 'metric_name', summary: 'As Prometheus has it, with the unit, and `_total` where it counts.' },
      help: { kind: 'text', summary: 'One line.' },
      type: { kind: ['counter', 'gauge'], summary: 'Whether it only goes up.' },
      collect: { kind: 'function', summary: '`()`; returns a list of `{value, labels}` as they are now, or a promise of it.' },
    },
  },
  route: {
    summary: 'A page that the plugin `http` serves.',
    used_by: 'http',
    key: ['method', 'path'],
    fields: {
      method: { kind: ['GET', 'POST', 'PUT', 'DELETE'], summary: 'GET answers HEAD too; the others need a token.' },
      path: { kind: 'path', summary: 'Matched whole.' },
      summary: { kind: 'text', summary: 'One line, for listings.' },
      open: { kind: 'flag', summary: 'Served without the token too: it holds nothing that is secret.', optional: true },
      handle: {
        kind: 'function',
        summary: '`({method, path, query, headers, body, signal})`; returns `{status, headers, body}` or a promise of it.',
      },
    },
  },
  stream: {
    summary:
      'A type of destination for what processes write: `stdout: {type: NAME, …}`. The plugin declares it under `streams` too, for the check of configs.',
    used_by: 'logs',
    key: ['name'],
    fields: {
      name: { kind: 'stream_name', summary: 'What `type` of an output says.' },
      summary: { kind: 'text', summary: 'One line.' },
      schema: { kind: 'schema', summary: 'Schema of its options, besides `type` and `when_slow`.' },
      open: {
        kind: 'function',
        summary: '`(options, {watcher, name})`; returns `{write(data, {watcher, name, pid}), reopen?, close?}` or a promise of it.',
      },
    },
  },
  probe: {
    summary:
      'A way to look at something again and again: `type` of a check under `checks: {probes: …}`. The plugin declares it under `probes` too, for the check of configs.',
    used_by: 'checks',
    key: ['name'],
    fields: {
      name: { kind: 'name', summary: 'What `type` of a check says.' },
      summary: { kind: 'text', summary: 'One line.' },
      schema: { kind: 'schema', summary: 'Schema of `options` of a check.' },
      probe: { kind: 'function', summary: '`(options, signal)`; returns a promise that is rejected where the try fails.' },
    },
  },
  config_source: {
    summary: 'Watchers and sockets from elsewhere, put together with those of the config file.',
    used_by: 'config_sources',
    key: ['name'],
    fields: {
      name: { kind: 'name', summary: 'What messages call it.' },
      summary: { kind: 'text', summary: 'One line, for listings.' },
      read: {
        kind: 'function',
        summary: '`()`; returns `{watchers, sockets, env}` as in a config file, or a promise of it. Asked for whenever a config is read.',
      },
      watch: {
        kind: 'function',
        summary: '`(changed)`; has `changed()` called when `read` would give something else, until what it returns is disposed of.',
        optional: true,
      },
    },
  },
} as const satisfies { readonly [P in ExtensionPoint]: ExtensionRow<ExtensionTypes[P]> };

/** What is wrong with a contribution. */
export interface ExtensionFlaw {
  /** The field; empty for the whole. */
  readonly field: string;
  readonly found: string;
  readonly allowed: string;
}

/** The first thing that is wrong with a contribution; null where nothing is. */
export function extensionFlaw(point: ExtensionPoint, contribution: unknown): ExtensionFlaw | null {
  if (typeof contribution !== 'object' || contribution === null) {
    return {
      field: '',
      found: describeValue(contribution),
      allowed: `an object with ${Object.keys(EXTENSION_POINTS[point].fields).join(', ')}`,
    };
  }
  const given: Readonly<Record<string, unknown>> = contribution as Readonly<Record<string, unknown>>;
  for (const [field, row] of Object.entries<ExtensionField>(EXTENSION_POINTS[point].fields)) {
    const value = given[field];
    if (value === undefined && row.optional === true) continue;
    if (!fits(row.kind, value)) return { field, found: describeValue(value), allowed: allowedText(row.kind) };
  }
  return null;
}

/** The name of a contribution among those of its point: `greet`, `GET /greet`. */
export function extensionKey(point: ExtensionPoint, contribution: object): string {
  const given = new Map(Object.entries(contribution));
  return EXTENSION_POINTS[point].key.map((field) => String(given.get(field))).join(' ');
}

/** What a kind of field allows, in words. */
export function allowedText(kind: FieldKind): string {
  return typeof kind === 'string' ? FIELD_KINDS[kind].allowed : `one of ${kind.join(', ')}`;
}

function fits(kind: FieldKind, value: unknown): boolean {
  return typeof kind === 'string' ? FIELD_KINDS[kind].test(value) : kind.some((word) => word === value);
}

function matches(value: unknown, pattern: RegExp): boolean {
  return typeof value === 'string' && pattern.test(value);
}
