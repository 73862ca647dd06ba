import { resolve } from 'node:path';
import type { JsonSchema, PluginStatus } from '../../core/index.js';
import { ArgumentError, type ReplyBody } from './command.js';

const texts = { type: 'array', items: { type: 'string' } } as const satisfies JsonSchema;

/** One plugin as it is now, in replies. */
export const pluginSchema = {
  type: 'object',
  properties: {
    name: { type: 'string' },
    source: { type: 'string', description: 'What the config calls it: a name, a path or an npm package.' },
    state: { enum: ['setting_up', 'up', 'closing', 'closed', 'detached'] },
    requires: { ...texts, description: 'Plugins that have to be there before it.' },
    setup_ms: { type: ['number', 'null'], description: 'How long its setup took.' },
    options: {
      type: 'array',
      items: {
        type: 'object',
        properties: { name: { type: 'string' }, value: {}, from: { enum: ['default', 'config', 'run_time'] } },
      },
    },
    taps: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          hook: { type: 'string' },
          calls: { type: 'integer' },
          errors: { type: 'integer' },
          time_ms: { type: 'number', description: 'Of all calls together.' },
        },
      },
    },
    services: { ...texts, description: 'What it offers to other plugins.' },
    owns: { ...texts, description: 'What it made and what is undone when it is closed.' },
    errors: { ...texts, description: 'The last of what went wrong outside of hooks.' },
    budget: {
      type: 'object',
      properties: {
        allowed: { type: 'integer', description: 'Failures in a row after which it is detached; 0: never.' },
        in_a_row: { type: 'integer' },
        last_minute: { type: 'integer' },
      },
    },
    detached: { type: ['string', 'null'], description: 'Why it was detached.' },
  },
} as const satisfies JsonSchema;

export const pluginName = { type: 'string', description: 'Name of the plugin, or what the config calls it.' } as const satisfies JsonSchema;

export const pluginOptions = {
  type: 'object',
  description: 'Values by option, as in the config; a text may stand for a number or for true and false.',
} as const satisfies JsonSchema;

/** A plugin as a reply has it. */
export function pluginBody(status: PluginStatus): ReplyBody {
  return { plugin: status };
}

/** A plugin's name as typed: a path is relative to where it was typed. */
export function sourceArgument(name: string): string {
  return /^\.{1,2}(?:\/|$)/.test(name) ? resolve(name) : name;
}

/** `key=value…` as typed; what begins like JSON's lists, objects and texts is read as JSON. @throws ArgumentError */
export function optionArguments(words: readonly string[], form: string): Record<string, unknown> {
  return Object.fromEntries(
    words.map((word) => {
      const at = word.indexOf('=');
      if (at < 1) throw new ArgumentError(`an option must be KEY=VALUE, got "${word}", expected: ${form}`);
      return [word.slice(0, at), typedValue(word.slice(0, at), word.slice(at + 1))];
    }),
  );
}

function typedValue(key: string, text: string): unknown {
  if (!/^[[{"]/.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ArgumentError(`${key} looks like JSON and is none: ${error instanceof Error ? error.message : String(error)}`);
  }
}
