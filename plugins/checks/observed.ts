import { isDeepStrictEqual } from 'node:util';
import type { ObservedCheck, Observer, ObserverOptions, StatsdTarget, WatcherApi } from '../../core/index.js';

/** A check of an observer with all that it runs by: another of the same data is the same. */
export interface Wanted extends Omit<ObservedCheck, 'name' | 'loop_rate' | 'timeout'> {
  /** What its figures begin with. */
  readonly prefix: string;
  readonly loop_rate_ms: number;
  readonly timeout_ms: number;
  readonly target: StatsdTarget;
}

/** The checks that an observer wants, with these watchers. */
export function wantedChecks<O extends ObserverOptions>(
  { config, configFor, checks, figures }: Pick<Observer<O>, 'config' | 'configFor' | 'checks' | 'figures'>,
  watchers: readonly WatcherApi[],
): readonly Wanted[] {
  const common = checks(config);
  const general = common.flatMap((check) => {
    const concerned = watchers.find(({ name }) => name.toLowerCase() === check.watcher?.toLowerCase());
    const options = concerned === undefined ? config : configFor(concerned);
    return options === null ? [] : [wanted(check, options, figures)];
  });
  const own = watchers.flatMap((watcher) => {
    const options = configFor(watcher);
    if (options === null || options === config) return [];
    const news = checks(options).filter((check) => !common.some((one) => isDeepStrictEqual(one, check)));
    return news.map((check) => {
      const target = check.name === null ? watcher.name : (check.watcher ?? watcher.name);
      const title = `${check.title} for ${watcher.name}`;
      return wanted({ ...check, title, watcher: target }, options, `${figures}.${watcher.name}`);
    });
  });
  return [...general, ...own];
}

function wanted({ name, loop_rate, timeout, ...check }: ObservedCheck, options: ObserverOptions, figures: string): Wanted {
  const { application_name, host, port, sample_rate, tags } = options;
  return {
    ...check,
    prefix: name === null ? figures : `${figures}.${name}`,
    loop_rate_ms: (loop_rate ?? options.loop_rate) * 1000,
    timeout_ms: (timeout ?? options.timeout) * 1000,
    target: { application_name, host, port, sample_rate, tags },
  };
}
