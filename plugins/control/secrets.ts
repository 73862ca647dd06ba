import type { MarkedSecrets, PluginStatus } from '../../core/index.js';

/** Options of plugins whose schemas mark them as secrets. @param plugins asked only where an answer has some that could be marked */
export function markedSecrets(plugins: () => readonly PluginStatus[]): MarkedSecrets {
  let marked: MarkedSecrets | undefined;
  return {
    get(name) {
      marked ??= markedBy(plugins());
      return marked.get(name);
    },
  };
}

function markedBy(plugins: readonly PluginStatus[]): MarkedSecrets {
  const marked = plugins.map(({ name, source, options }) => {
    const names = new Set(options.flatMap((option) => (option.secret === true ? [option.name] : [])));
    return [name, source].map((key) => [key, names] as const);
  });
  return new Map(marked.flat());
}
