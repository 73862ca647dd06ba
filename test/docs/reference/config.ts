import { configSchema, daemonProperties } from '../../../core/config/schema/daemon.js';
import { socketSchema } from '../../../core/config/schema/socket.js';
import { watcherSchema } from '../../../core/config/schema/watcher.js';
import { UNSUPPORTED, type UnsupportedRow } from '../../../core/config/unsupported.js';
import type { JsonSchema } from '../../../core/json-schema.js';
import { page } from './markdown.js';
import { optionTable, quantityTable } from './options.js';

const MAPS = {
  watchers: '[watcher:NAME]',
  sockets: '[socket:NAME]',
  plugins: '[plugin:NAME] with use = NAME, PATH or PACKAGE',
  env: '[env]',
} as const;

/** Watcher options that a circus.ini has in another place. */
const WATCHER_IN_CIRCUS = {
  env: '[env:NAME,NAME]',
  stdout_stream: 'stdout_stream.KEY',
  stderr_stream: 'stderr_stream.KEY',
  hooks: 'hooks.HOOK',
  plugins: 'PLUGIN.OPTION',
  options: 'any other key',
} as const satisfies Partial<Record<keyof typeof watcherSchema.properties, string>>;

/** What is to be said of options that have no effect yet, or none at all. */
function remarks(at: UnsupportedRow['at']): Readonly<Record<string, string>> {
  const rows = UNSUPPORTED.filter((row) => row.at === at);
  return Object.fromEntries(rows.flatMap(({ keys, finding }) => keys.map((key) => [key, `_It ${finding.message}._`])));
}

export function configPage(): string {
  const maps: JsonSchema = {
    properties: Object.fromEntries(Object.entries<JsonSchema>(configSchema.properties).filter(([name]) => !(name in daemonProperties))),
  };
  return page('Configuration reference', 'core/config/schema', [
    'One value, whatever the format of the file. [The guide](../config.md) tells about formats and variables;\n[ringmaster.schema.json](ringmaster.schema.json) is the same for editors.',
    [
      'Names are those of a circus.ini. _Applies_ says when a change of the option takes effect while the daemon runs:',
      '',
      '- live: at once, the processes stay',
      '- restart: the processes are replaced, by a graceful reload where that is possible',
      '- daemon: when the daemon is started again',
    ].join('\n'),
    quantityTable(),
    '## The daemon',
    'At the top of the file; in a circus.ini under `[circus]`, which has `include` and `include_dir` as well.',
    optionTable({ properties: daemonProperties }, {}, remarks('daemon')),
    '## Maps',
    optionTable(maps, MAPS),
    '## A watcher',
    'Under `watchers: NAME`; in a circus.ini under `[watcher:NAME]`.',
    optionTable(watcherSchema, WATCHER_IN_CIRCUS, remarks('watcher')),
    '## A socket',
    'Under `sockets: NAME`; in a circus.ini under `[socket:NAME]`.',
    optionTable(socketSchema),
  ]);
}
