import { type Config, defineCommand, definePlugin, type Extensions } from '../../core/index.js';
import { KnownSources } from './known-sources.js';
import { merge, type Origins } from './merge.js';
import { Reloader } from './reloader.js';

const sourcesCommand = (sources: Extensions<'config_source'>, origins: () => Origins) =>
  defineCommand({
    name: 'config_sources',
    summary: 'Show where watchers and sockets come from that are not of the config file',
    request: { type: 'object', additionalProperties: false, properties: {} },
    reply: {
      type: 'object',
      properties: {
        sources: {
          type: 'array',
          items: { type: 'object', properties: { name: { type: 'string' }, plugin: { type: 'string' }, summary: { type: 'string' } } },
        },
        watchers: { type: 'object', additionalProperties: { type: 'string' }, description: 'The source of each, by name.' },
        sockets: { type: 'object', additionalProperties: { type: 'string' }, description: 'The same for sockets.' },
      },
    },
    run: () => ({
      sources: sources.list().map(({ plugin, value: { name, summary } }) => ({ name, plugin, summary })),
      ...origins(),
    }),
  });

export default definePlugin({
  name: 'config_sources',
  summary: 'Puts what sources of other plugins give into the config. Comes along with those that require it and needs no mention.',
  schema: { type: 'object', additionalProperties: false, properties: {} },
  hooks: ['config', 'config_applying', 'config_applied', 'config_refused'],
  setup({ supervisor, hooks, log, scope, extend, extensions }) {
    const sources = extensions('config_source');
    const reloader = new Reloader(supervisor, log, () => base);
    const watching = new Map<string, Disposable>();
    const known = new KnownSources(supervisor, () => sources.list());
    let origins: Origins = { watchers: {}, sockets: {} };
    /** Of the config that was made last, for a plan maybe, and of the one that is being applied. */
    let made = origins;
    let applying = origins;
    /** The config in effect without what sources give: what there is where no file can be read again. */
    let base: Config | null = null;
    /** The same of the config that was made last, and of the one before that is being applied. */
    let madeOf: Config | null = null;
    let before: Config | null = null;
    const changed = (): void => reloader.request();
    const watch = ({ key, value }: ReturnType<typeof sources.list>[number]): void => {
      const watcher = value.watch?.(changed);
      if (watcher !== undefined) watching.set(key, watcher);
    };
    const unwatch = (key: string): void => {
      watching.get(key)?.[Symbol.dispose]();
      watching.delete(key);
    };
    hooks.config.tap(async (config, { plugins }) => {
      const merged = await merge(config, known.of(plugins));
      made = merged.origins;
      madeOf = config;
      // The first is used at once.
      if (base === null) {
        origins = made;
        base = config;
      }
      return merged.config;
    });
    hooks.config_applying.tap(() => {
      applying = made;
      before = base;
      // At once: sources may change while it is put into effect.
      base = madeOf;
    });
    hooks.config_refused.tap(() => {
      base = before;
    });
    hooks.config_applied.tap(() => {
      origins = applying;
    });
    for (const source of sources.list()) watch(source);
    sources.onChange(({ change, extension }) => {
      if (change === 'added') watch(extension);
      else unwatch(extension.key);
      changed();
    });
    scope.add('watching sources', () => {
      for (const key of [...watching.keys()]) unwatch(key);
    });
    extend(
      'command',
      sourcesCommand(sources, () => origins),
    );
  },
});
