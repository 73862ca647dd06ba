import { hostname } from 'node:os';
import { definePlugin, EVENTS, RingmasterError, type SupervisorEvent, type WatcherApi } from '../../core/index.js';
import { runCommand } from './command.js';
import { type Delivery, type Letter, Outbox } from './outbox.js';
import { commandWords, isWanted, problemOf, valuesOf } from './policy.js';
import { type Options, schema } from './schema.js';
import { fill, fillAll } from './template.js';
import { post } from './webhook.js';

/** How long a supervisor that stops waits for what is still to be told; less than a hook's deadline. */
const PATIENCE_MS = 3000;

export default definePlugin({
  name: 'notify',
  summary: 'Tells of chosen events by a webhook or a command, again until it worked.',
  schema,
  per_watcher: true,
  hooks: ['event', 'shutdown'],
  setup({ config, configFor, hooks, supervisor, clock, log, scope, signal, directory }) {
    const problem = problemOf(config);
    if (problem !== null) throw new RingmasterError('RM_OPTION_INVALID', [problem]);
    if (config.url === null && config.command === null)
      log.warn('neither url nor command is given: only watchers with their own are told of');

    const boxes = { webhook: outbox(), command: outbox() };
    const complained = new WeakSet<Options>();

    function outbox(): Outbox {
      return new Outbox({ clock, log, signal, max_per_minute: config.max_per_minute, max_queue: config.max_queue });
    }

    /** Runs one attempt with a signal that is aborted when its time is over, or the plugin is closed. */
    async function attempt(options: Options, run: (within: AbortSignal) => Promise<Delivery>): Promise<Delivery> {
      const controller = new AbortController();
      const abort = (): void => controller.abort();
      const timer = clock.setTimeout(abort, options.timeout * 1000);
      signal.addEventListener('abort', abort);
      try {
        return await run(controller.signal);
      } catch (cause) {
        // Its words could show what was to be sent.
        const code = typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : 'an unknown reason';
        return { ok: false, why: `it can't be sent: ${code}`, again: false };
      } finally {
        timer[Symbol.dispose]();
        signal.removeEventListener('abort', abort);
      }
    }

    function optionsFor(event: SupervisorEvent, watcher: WatcherApi | undefined): Options | null {
      const options = watcher === undefined ? config : configFor(watcher);
      if (options === null || !isWanted(event, options)) return null;
      const why = problemOf(options);
      if (why === null) return options;
      if (!complained.has(options)) log.error(`nobody is told of events: ${why}`, { watcher: event.watcher });
      complained.add(options);
      return null;
    }

    hooks.event.tap((event) => {
      const options = optionsFor(event, supervisor.find(event.watcher));
      if (options === null) return;
      const { url, headers, body } = options;
      const values = valuesOf(event, EVENTS[event.name], hostname());
      const letter = (send: Letter['send']): Letter => ({ options, fields: { watcher: event.watcher, event: event.name }, send });
      const text = (dropped: number): string => JSON.stringify({ ...values, dropped });
      if (url !== null) {
        const json = (dropped: number): string => (body === null ? text(dropped) : JSON.stringify(fillAll(body, { ...values, dropped })));
        boxes.webhook.add(letter((dropped) => attempt(options, (within) => post({ url, headers, body: json(dropped), signal: within }))));
      }
      const split = commandWords(options);
      if ('words' in split && split.words.length > 0) {
        const env = { RINGMASTER_WATCHER: event.watcher, RINGMASTER_EVENT: event.name };
        boxes.command.add(
          letter((dropped) =>
            attempt(options, (within) => {
              const argv = split.words.map((word) => fill(word, { ...values, dropped }));
              return runCommand({ words: argv, cwd: directory, env, input: text(dropped), signal: within });
            }),
          ),
        );
      }
    });

    const empty = async (): Promise<void> => {
      await Promise.all([boxes.webhook.empty(), boxes.command.empty()]);
    };
    hooks.shutdown.tap(async () => {
      let timer: Disposable | undefined;
      const patience = new Promise<void>((resolve) => {
        timer = clock.setTimeout(resolve, PATIENCE_MS);
      });
      await Promise.race([patience, empty()]);
      timer?.[Symbol.dispose]();
      const left = boxes.webhook.size + boxes.command.size;
      if (left > 0) log.error(`${left} events were not told of before the end`);
    });
    scope.add('attempts under way', empty);
  },
});
