import type { JsonSchema } from './json-schema.js';

/** Options of a plugin that sends figures to statsd by the service `statsd_client`; with `application_name` they are a StatsdTarget. */
export const statsdOptions = {
  host: { type: 'string', minLength: 1, default: 'localhost', description: 'Where statsd listens.' },
  port: { type: 'integer', minimum: 1, maximum: 65_535, default: 8125, description: 'UDP port of statsd.' },
  sample_rate: {
    type: 'number',
    exclusiveMinimum: 0,
    maximum: 1,
    default: 1,
    description: 'Which share of counters and timings is sent, with a note of the share for statsd to multiply by.',
  },
  tags: {
    type: 'string',
    pattern: '^[^|\\n]*$',
    default: '',
    examples: ['env:prod,role:web'],
    description: 'Tags of every figure, for a statsd that knows DogStatsD: `key:value`, separated by commas.',
  },
} as const satisfies Readonly<Record<string, JsonSchema>>;

/** The option that goes with them. */
export const applicationName = <const D extends string>(name: D) =>
  ({
    application_name: {
      type: 'string',
      minLength: 1,
      default: name,
      description: 'Part of every name: `circus.APPLICATION.watcher.…`.',
    },
  }) as const satisfies Readonly<Record<string, JsonSchema>>;

/** Options of one check by the service `checks`. */
export const checkOptions = {
  loop_rate: {
    type: ['number', 'string'],
    quantity: 'duration',
    unit: 's',
    minimum: 0.001,
    description: "Time from the beginning of one check to the next; the plugin's own where none is given.",
  },
  timeout: {
    type: ['number', 'string'],
    quantity: 'duration',
    unit: 's',
    minimum: 0.001,
    description: "How long it may take; the plugin's own where none is given.",
  },
  failures: {
    type: 'integer',
    minimum: 1,
    default: 1,
    description: 'How many failures in a row it takes to act, and to act again.',
  },
  action: {
    enum: ['restart', 'stop', 'event'],
    default: 'restart',
    description: 'What becomes of `watcher`: it is restarted, stopped, or an event is told, `check_failed` and later `check_recovered`.',
  },
  watcher: {
    type: ['string', 'null'],
    default: null,
    description: 'The watcher that a failure concerns; none: it is only counted and logged.',
  },
} as const satisfies Readonly<Record<string, JsonSchema>>;

/** Named checks of one type, by the service `checks`: the options of the type, and those of any check. */
export const namedChecks = <P extends Readonly<Record<string, JsonSchema>>, const R extends readonly (keyof P & string)[]>(
  description: string,
  properties: P,
  required: R,
) =>
  ({
    type: 'object',
    default: {},
    description,
    additionalProperties: {
      type: 'object',
      additionalProperties: false,
      required,
      properties: { ...properties, ...checkOptions },
    },
  }) as const satisfies JsonSchema;

/** The plugin's own pace, for checks that have none. */
export const paceOptions = {
  timeout: {
    type: ['number', 'string'],
    quantity: 'duration',
    unit: 's',
    minimum: 0.001,
    default: 10,
    description: 'How long a check may take.',
  },
  loop_rate: {
    type: ['number', 'string'],
    quantity: 'duration',
    unit: 's',
    minimum: 0.001,
    default: 60,
    description: 'Time from the beginning of one check to the next.',
  },
} as const satisfies Readonly<Record<string, JsonSchema>>;

/** Options of the probe `http` of the plugin checks. */
export const httpProbeOptions = {
  url: { type: 'string', pattern: '^https?://', description: 'URL to look at.' },
  method: { type: 'string', pattern: '^[A-Za-z]+$', default: 'GET', description: 'HTTP method.' },
  headers: {
    type: 'object',
    additionalProperties: { type: 'string' },
    default: {},
    description: 'Headers of the request.',
  },
  body: { type: ['string', 'null'], default: null, description: 'Body of the request.' },
  expected_status: {
    type: 'array',
    items: { type: 'integer', minimum: 100, maximum: 599 },
    default: [],
    description: 'Statuses that are right; none: 200 to 299. A redirection is followed unless its status is among them.',
  },
  expected_body: {
    type: ['string', 'null'],
    default: null,
    description: 'Text that must be in the body, in its first mebibyte.',
  },
} as const satisfies Readonly<Record<string, JsonSchema>>;

/** Options of the probe `tcp` of the plugin checks. */
export const tcpProbeOptions = {
  host: { type: 'string', minLength: 1, default: '127.0.0.1', description: 'Where to connect to.' },
  port: { type: 'integer', minimum: 1, maximum: 65_535, description: 'TCP port to connect to.' },
} as const satisfies Readonly<Record<string, JsonSchema>>;
