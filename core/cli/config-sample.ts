import type { AnyPlugin } from '../plugin.js';
import { RESERVED_OPTIONS } from '../plugin-options.js';
import { EXIT_STATUS } from './exit-status.js';
import { pluginNamed } from './plugin-source.js';
import { sampleConfig } from './sample.js';
import type { Verb } from './verb.js';

export const configSampleVerb: Verb = {
  name: 'config sample',
  summary: 'Print a sample config, or a sample of the options of a plugin',
  group: 'Configure:',
  usage: '',
  description:
    'Prints a small config in YAML that runs as it is, with a comment on each option. With --plugin it is every option of that plugin ' +
    'with its default, commented out where it has none; put it into a config as it is and change what is to be different.',
  options: [{ name: 'plugin', value: 'NAME', summary: 'a plugin that comes along, a path or an npm package' }],
  examples: ['ringmaster config sample --plugin flapping >> ringmaster.yaml'],
  async run(args, values, io) {
    if (args.length > 0) {
      io.stderr.write('ringmaster config sample: takes no arguments; name a plugin with --plugin\n');
      return EXIT_STATUS.usage;
    }
    if (typeof values.plugin !== 'string') {
      io.stdout.write(sampleConfig('yaml'));
      return EXIT_STATUS.ok;
    }
    const plugin = await pluginNamed(values.plugin, 'config sample', io);
    if (typeof plugin === 'number') return plugin;
    io.stdout.write(samplePlugin(values.plugin, plugin));
    return EXIT_STATUS.ok;
  },
};

/**
 * The options of a plugin in YAML: its defaults, under their descriptions.
 *
 * @param source what the config is to call it
 */
function samplePlugin(source: string, { summary, schema }: AnyPlugin): string {
  const options = Object.entries({ ...RESERVED_OPTIONS, ...schema.properties }).flatMap(([name, option]) => {
    const { description, default: fallback, examples = [] } = { default: undefined, examples: undefined, ...option };
    const isGiven = fallback !== undefined && fallback !== null;
    const shown = isGiven ? fallback : (examples[0] ?? null);
    return [
      ...(description === undefined ? [] : [`    # ${description}`]),
      `    ${isGiven ? '' : '# '}${name}: ${shown === null ? '' : JSON.stringify(shown)}`.trimEnd(),
    ];
  });
  return ['plugins:', `  # ${summary}`, `  ${yamlKey(source)}:`, ...options, ''].join('\n');
}

function yamlKey(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : JSON.stringify(text);
}
