import type { MarkedSecrets, PluginStatus } from '../../core/index.js';

/** Options of plugins whose schemas mark them as secrets. */
export function markedSecrets(plugins: readonly PluginStatus[]): MarkedSecrets {
  const marked = plugins.map(({ name, source, options }) => {
    const names = new Set(options.flatMap((option) => (option.secret === true ? [option.name] : [])));
    return [name, source].map((key) => [key, names] as const);
  });
  return new Map(marked.flat());
}
