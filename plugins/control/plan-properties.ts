import { resolve } from 'node:path';
import { type ConfigSource, type JsonSchema, RingmasterError } from '../../core/index.js';
import type { CliOption } from './command.js';

/** What `plan` and `apply`, and in part `reloadconfig`, have in common. */
export const graceful = {
  type: 'boolean',
  description: 'Where new processes are needed, have them take the place of the old ones without a gap instead of down and up.',
} as const satisfies JsonSchema;

export const planRequest = {
  file: { type: 'string', description: 'Config file, absolute or relative to the directory of the daemon; its own where none is given.' },
  config: { type: 'object', description: 'What a config file may hold, instead of a file.' },
  graceful,
  keep_drift: {
    type: 'boolean',
    description: 'Leave options alone that were set at run time and that the config has not changed since it was last read.',
  },
} as const satisfies Readonly<Record<string, JsonSchema>>;

const step = {
  type: 'object',
  properties: {
    do: {
      enum: [
        ...['add', 'remove', 'scale', 'set', 'restart', 'reload', 'start'],
        ...['socket_open', 'socket_replace', 'socket_set', 'socket_close'],
        ...['plugin_unload', 'plugin_load', 'option', 'restart_daemon'],
      ],
    },
    watcher: { type: 'string' },
    plugin: { type: 'string' },
    brought_by: { type: 'string', description: 'The plugin that brings the watcher, or knows its source; missing: the config itself.' },
    socket: { type: 'string' },
    users: { type: 'array', items: { type: 'string' }, description: 'Watchers that use the socket.' },
    sockets: { type: 'array', items: { type: 'string' }, description: 'Sockets for whose sake a watcher gets new processes.' },
    pids: { type: 'array', items: { type: 'integer' }, description: 'Processes that end or are replaced.' },
    drift: { type: 'boolean', description: 'What differs comes from a change at run time.' },
  },
} as const satisfies JsonSchema;

export const planReply = {
  type: 'object',
  properties: {
    differs: { type: 'boolean', description: 'Whether there are any steps.' },
    steps: { type: 'array', items: step, description: 'In the order in which they are taken.' },
  },
} as const satisfies JsonSchema;

export const gracefulOption: CliOption = {
  name: 'graceful',
  summary: 'replace processes without a gap instead of restarting them',
  kind: 'switch',
};

export const keepDriftOption: CliOption = {
  name: 'keep-drift',
  summary: 'leave alone what was set at run time, as reloadconfig does',
  kind: 'switch',
};

/** @throws RM_REQUEST_INVALID for both a file and a config */
export function configSource({ file, config }: { readonly file?: string; readonly config?: unknown }): ConfigSource {
  if (file !== undefined && config !== undefined) {
    throw new RingmasterError('RM_REQUEST_INVALID', ["message invalid 'file' and 'config' can't both be given"]);
  }
  return { ...(file !== undefined && { file: resolve(file) }), ...(config !== undefined && { config }) };
}
