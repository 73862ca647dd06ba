import type { PluginDescription, PluginStatus } from '../../core/index.js';
import { listOf, objectOf } from './arguments.js';
import type { Reply } from './command.js';
import { durationText, textTable } from './text-table.js';

/** What is printed for a reply of `plugins`: a line for each, or all of one. */
export function pluginsText(reply: Reply): string {
  // The daemon wrote them by the same type.
  const plugins = listOf(reply.plugins) as readonly PluginStatus[];
  const [only] = plugins;
  if (reply.detailed === true && only !== undefined) return pluginText(only);
  if (plugins.length === 0) return 'no plugins';
  const rows = plugins.map((plugin) => {
    const { calls, errors, time_ms } = sumOf(plugin);
    const source = plugin.source === plugin.name ? '' : plugin.source;
    const remark = plugin.detached ?? source;
    return [plugin.name, plugin.state, String(calls), String(errors), durationText(time_ms), changedText(plugin), remark];
  });
  return textTable([['PLUGIN', 'STATE', 'CALLS', 'ERRORS', 'TIME', 'OPTIONS', ''], ...rows]);
}

/** What is printed for a plugin that was added or changed. */
export function pluginChangedText(reply: Reply): string {
  const { name, state, setup_ms } = objectOf(reply.plugin);
  return `plugin ${String(name)} is ${String(state)}, set up in ${durationText(Number(setup_ms ?? 0))}; until the daemon is started again`;
}

/** What is printed for a reply of `plugin_describe`: what it does, and each option as it is, with what it means. */
export function pluginDescriptionText(reply: Reply): string {
  // The daemon wrote it by the same type.
  const { name, source, state, summary, schema, hooks, options } = reply.plugin as PluginDescription;
  const rows = options.map((option) => [
    `  ${option.name}`,
    JSON.stringify(option.value),
    option.from.replace('_', ' '),
    schema.properties[option.name]?.description ?? '',
  ]);
  return [
    `${name}: ${summary}`,
    `${state}${source === name ? '' : `, from ${source}`}; hooks: ${hooks.join(', ') || 'none'}`,
    ...(rows.length === 0 ? ['no options'] : ['', textTable(rows)]),
  ].join('\n');
}

function pluginText(plugin: PluginStatus): string {
  const { name, state, source, detached, requires, setup_ms, options, taps, services, owns, errors, budget } = plugin;
  const table = (title: string, rows: readonly (readonly string[])[]): readonly string[] =>
    rows.length === 0
      ? []
      : [
          '',
          title,
          ...textTable(rows)
            .split('\n')
            .map((line) => `  ${line}`),
        ];
  const list = (title: string, lines: readonly string[]): readonly string[] =>
    table(
      title,
      lines.map((line) => [line]),
    );
  const allowed = budget.allowed === 0 ? 'never detached' : `detached after ${budget.allowed} in a row`;
  return [
    `${name}: ${state}${detached === null ? '' : `, ${detached}`}`,
    ...(source === name ? [] : [`from ${source}`]),
    ...(requires.length === 0 ? [] : [`requires ${requires.join(', ')}`]),
    ...(setup_ms === null ? [] : [`set up in ${durationText(setup_ms)}`]),
    `failures: ${budget.in_a_row} in a row, ${budget.last_minute} in the last minute; ${allowed}`,
    ...table(
      'Options:',
      options.map((option) => [option.name, JSON.stringify(option.value), option.from.replace('_', ' ')]),
    ),
    ...table(
      'Taps:',
      taps.map(({ hook, calls, errors: failed, time_ms }) => [hook, `${calls} calls`, `${failed} errors`, durationText(time_ms)]),
    ),
    ...list('Services:', services),
    ...list(
      'Owns:',
      owns.filter((what) => !what.startsWith('counts of ') && !what.startsWith('tap of ')),
    ),
    ...list('Errors:', errors),
  ].join('\n');
}

function sumOf({ taps }: PluginStatus): { readonly calls: number; readonly errors: number; readonly time_ms: number } {
  const sum = (key: 'calls' | 'errors' | 'time_ms'): number => taps.reduce((total, tap) => total + tap[key], 0);
  return { calls: sum('calls'), errors: sum('errors'), time_ms: sum('time_ms') };
}

/** Options that are not the default. */
function changedText({ options }: PluginStatus): string {
  const changed = options.filter(({ from }) => from !== 'default').map(({ name, value }) => `${name}=${JSON.stringify(value)}`);
  const shown = changed.slice(0, 3).join(' ');
  return changed.length > 3 ? `${shown} …` : shown;
}
