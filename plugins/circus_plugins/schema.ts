import { type FromSchema, type JsonSchema, watcherSchema } from '../../core/index.js';

/** What a watcher must not be told, because the plugin says it. */
const SAID = ['cmd', 'args', 'executable', 'shell', 'shell_args', 'copy_path', 'plugins', 'options'];

/** Options of a watcher without their defaults: what is not given is as Circus has it for a plugin. */
const processOptions: Readonly<Record<string, JsonSchema>> = Object.fromEntries(
  Object.entries(watcherSchema.properties as Readonly<Record<string, JsonSchema>>)
    .filter(([name]) => !SAID.includes(name))
    .map(([name, { default: _, ...option }]) => [name, option]),
);

const python = { type: ['string', 'null'], minLength: 1, default: null } as const satisfies JsonSchema;

export const schema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    python: { ...python, description: 'The interpreter that has circus installed; without it `python3`, looked for in PATH.' },
    plugins: {
      type: 'object',
      default: {},
      description:
        'The plugins, by name: `use` is the class, `config` what it gets as its options, `watcher` options of the watcher that its process is of, `python` an interpreter of its own.',
      examples: [{ mine: { use: 'my.module.Plugin', config: { loop_rate: 5 } } }],
      additionalProperties: {
        type: 'object',
        additionalProperties: false,
        required: ['use'],
        properties: {
          use: {
            type: 'string',
            pattern: '^[A-Za-z_]\\w*(?:\\.[A-Za-z_]\\w*)*[.:][A-Za-z_]\\w*$',
            description: 'The class: `my.module.Plugin`.',
          },
          python: { ...python, description: 'The interpreter of this plugin.' },
          config: {
            type: 'object',
            default: {},
            additionalProperties: { description: 'Text, a number, true or false.' },
            description: 'What the class gets as its options.',
          },
          watcher: {
            type: 'object',
            default: {},
            additionalProperties: false,
            properties: processOptions,
            description: 'Options of the watcher that its process is of.',
          },
        },
      },
    },
  },
} as const satisfies JsonSchema;

export type Options = FromSchema<typeof schema>;
