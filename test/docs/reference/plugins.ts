import { isolationSchema } from '../../../core/isolation/options.js';
import type { AnyPlugin } from '../../../core/plugin.js';
import { RESERVED_OPTIONS } from '../../../core/plugin-options.js';
import { packagedNames, resolvePlugin } from '../../../core/plugin-resolve.js';
import { code, page } from './markdown.js';
import { optionTable } from './options.js';
import { PLUGIN_EXAMPLES } from './plugin-examples.js';

/** The plugins that come along, by name. */
export async function packagedPlugins(): Promise<readonly AnyPlugin[]> {
  const names = await packagedNames();
  return Promise.all(names.map((name) => resolvePlugin(name, process.cwd())));
}

export function pluginsPage(plugins: readonly AnyPlugin[]): string {
  return page('Plugins reference', 'the schemas of the plugins', [
    'Named under `plugins` in the config. How to write one: [the guide](../plugins.md).',
    'Beside its own options, each plugin has these:',
    optionTable({ type: 'object', properties: RESERVED_OPTIONS }),
    '## isolation',
    'A reserved option of every plugin too, the tier alone or an object: [the guide](../plugins.md#isolation).',
    optionTable(isolationSchema),
    ...plugins.flatMap(pluginParts),
  ]);
}

function pluginParts({ name, summary, schema, hooks = [], requires = [], per_watcher }: AnyPlugin): readonly string[] {
  const facts = [
    `- hooks: ${hooks.map((hook) => code(hook)).join(', ') || 'none'}`,
    ...(requires.length > 0 ? [`- requires: ${requires.map(code).join(', ')}`] : []),
    per_watcher === true
      ? `- each option can be set for one watcher, under \`watchers: NAME: plugins: ${name}\`; \`false\` there switches it off`
      : '- its options are for the whole daemon',
  ];
  const example = PLUGIN_EXAMPLES[name];
  return [
    `## ${name}`,
    summary,
    facts.join('\n'),
    optionTable(schema),
    ...(example === undefined ? [] : [`\`\`\`yaml\n${example}\n\`\`\``]),
  ];
}
