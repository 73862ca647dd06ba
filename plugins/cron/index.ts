import { definePlugin, RingmasterError } from '../../core/index.js';
import { Jobs } from './jobs.js';
import { readJobs } from './policy.js';
import { schema } from './schema.js';

/** The clock on the wall may be changed while a timer runs, so it is looked at this often. */
const LOOK_MS = 30_000;

export default definePlugin({
  name: 'cron',
  summary: 'Starts, stops, restarts, reloads or signals a watcher, or runs it once, on a schedule.',
  schema,
  per_watcher: true,
  hooks: ['boot', 'watcher_added', 'config_applied', 'event'],
  setup(context) {
    const { config, hooks, clock, supervisor, log } = context;
    const [problem] = readJobs(config, null).problems;
    if (problem !== undefined) throw new RingmasterError('RM_OPTION_INVALID', [`job ${problem.job}: ${problem.why}`]);

    const jobs = new Jobs(context);
    let timer: Disposable | undefined;
    const look = (): void => {
      timer?.[Symbol.dispose]();
      if (supervisor.state === 'stopping') return;
      const next_ms = jobs.run();
      const wait_ms = next_ms === null ? LOOK_MS : Math.min(next_ms - clock.wall(), LOOK_MS);
      timer = clock.setTimeout(look, Math.max(wait_ms, 0));
    };
    const lookForUnknown = (): void => {
      for (const [job, { watcher }] of Object.entries(config.jobs)) {
        if (watcher !== null && supervisor.find(watcher) === undefined)
          log.warn(`job ${job} is for a watcher that there is none of`, { watcher });
      }
    };

    hooks.boot.tap(() => {
      lookForUnknown();
      look();
    });
    hooks.config_applied.tap(() => {
      lookForUnknown();
      look();
    });
    hooks.watcher_added.tap(look);
    hooks.event.tap(({ name }) => name === 'updated' && look());
  },
});
