import { setImmediate } from 'node:timers/promises';
import {
  definePlugin,
  type Endpoints,
  ProcessSampler,
  type Publications,
  RingmasterError,
  runtimeDir,
  wireFilter,
} from '../../core/index.js';
import { Admission } from './admission.js';
import { LOCAL } from './asker.js';
import { type AuditEntry, AuditTrail } from './audit.js';
import { asContribution, type CommandContext } from './command.js';
import { commandTable } from './commands/index.js';
import type { CurveOptions, CurveServer, CurveServerDeps } from './curve/server.js';
import { Dispatcher } from './dispatch.js';
import { defaultEndpoints, prepareRuntimeDir, reachable } from './endpoints.js';
import { topicOf } from './events.js';
import { endGap, markGap } from './gap.js';
import { listCommands } from './listing.js';
import { type Losses, OpenPublication } from './publication.js';
import { ControlRouter } from './router.js';
import { schema } from './schema.js';
import { markedSecrets } from './secrets.js';
import { legacyOf, Succession } from './succession.js';

/** Loaded only where there are any. */
async function openKeys(options: CurveOptions | null, deps: CurveServerDeps): Promise<CurveServer | undefined> {
  if (options === null) return undefined;
  const { CurveServer } = await import('./curve/server.js');
  return CurveServer.open(options, deps);
}

export default definePlugin({
  name: 'control',
  summary: 'Answers control requests and publishes events over ZeroMQ, in the Circus protocol.',
  schema,
  // Who asks for a changed endpoint would lose the answer with the endpoint that it came in by.
  applies: 'daemon',
  hooks: ['event', 'leaving', 'taken_over', 'boot', 'shutdown'],
  async setup({ config, supervisor, hooks, clock, log, scope, emit, provide, directory, extend, extensions, keep }) {
    const { endpoint, pubsub_endpoint, endpoint_owner, stats_endpoint, multicast_endpoint } = supervisor.options;
    if (endpoint === null || pubsub_endpoint === null) prepareRuntimeDir(runtimeDir());
    const addresses = {
      endpoint: endpoint ?? defaultEndpoints().endpoint,
      pubsub_endpoint: pubsub_endpoint ?? defaultEndpoints().pubsub_endpoint,
    };

    const keys = await openKeys(supervisor.options.curve, { clock, log, directory });
    if (keys !== undefined) scope.add('keys', () => keys[Symbol.dispose]());
    const keysFor = (address: string) => (address.startsWith('ipc://') ? undefined : keys);

    const losses: Losses = { stalls: 0, dropped: 0 };
    const events = await OpenPublication.open({
      ...config,
      losses,
      endpoint: addresses.pubsub_endpoint,
      keys: keysFor(addresses.pubsub_endpoint),
      endpoint_owner,
      clock,
      log,
    });
    scope.add('event endpoint', () => events.close());
    const wire = wireFilter((name) => supervisor.find(name));
    const trail = new AuditTrail(config.audit_entries, keep);
    hooks.event.tap(
      (event) => {
        if (event.name === 'audit') trail.add({ watcher: event.watcher, ...event.body });
        else if (wire.passes(event)) {
          const topic = topicOf(event);
          if (events.isWanted(topic)) events.publish(topic, event.body);
        }
      },
      { wants: (name) => name === 'audit' || name === 'kill' || wire.waits || events.isHeard },
    );

    let stop = (): void => {};
    const stopped = new Promise<void>((resolve) => {
      stop = resolve;
    });
    hooks.shutdown.tap(() => stop());

    const curve = keysFor(addresses.endpoint)?.socket;
    const router = await ControlRouter.open({ ...config, endpoint: addresses.endpoint, curve, endpoint_owner, log });
    endGap(router.endpoint, log);
    const endpoints = { endpoint: router.endpoint, pubsub_endpoint: events.endpoint, stats_endpoint, multicast_endpoint };
    const publications: Publications = {
      async openStats(address) {
        if (address === null) prepareRuntimeDir(runtimeDir());
        const endpoint = address ?? defaultEndpoints().stats_endpoint;
        const stats = await OpenPublication.open({
          ...config,
          losses,
          endpoint,
          keys: keysFor(endpoint),
          endpoint_owner,
          clock,
          log,
        });
        endpoints.stats_endpoint = stats.endpoint;
        return stats;
      },
    };
    provide('publications', publications);
    provide('endpoints', {
      endpoint: reachable(router.endpoint),
      pubsub_endpoint: reachable(events.endpoint),
      bound: endpoints,
    } satisfies Endpoints);
    const sampler = new ProcessSampler({ clock });
    scope.add('process sampler', () => sampler.clear());
    const counted = (name: string, help: string, value: () => number): void => {
      extend('metric', { name: `ringmaster_control_${name}_total`, help, type: 'counter', collect: () => [{ value: value() }] });
    };
    counted('stalls', 'Times that a subscriber had so much unread that it began to miss events or statistics.', () => losses.stalls);
    counted('dropped_events', 'Events and statistics for subscribers that were to come back, and were too many.', () => losses.dropped);
    counted('dropped_replies', 'Replies to clients that were gone or did not read.', () => router.dropped_replies);
    const admission = new Admission({ ...config, clock, log });
    counted('limited_requests', 'Requests that were not carried out because their client sent too many.', () => admission.limited);
    counted('dropped_messages', 'Messages that were no requests: not two frames.', () => router.dropped_messages);
    const commands = extensions('command');
    const context: CommandContext = {
      supervisor,
      endpoints,
      sampler,
      stopped,
      commands: () => listCommands(commands),
      audit: trail,
    };
    for (const command of commandTable.values()) extend('command', asContribution(command, context));
    const audited = ({ watcher, ...entry }: AuditEntry): void => emit(watcher, 'audit', entry);
    const succession = new Succession({ supervisor, clock, trail, audited });
    const dispatcher = new Dispatcher({
      ...config,
      commands,
      context,
      clock,
      log,
      admission,
      identify: (auth) => (curve === undefined || keys === undefined ? LOCAL : keys.identify(auth)),
      secrets: () => markedSecrets(() => supervisor.plugins()),
      send: (client, reply) => router.send(client, reply),
      isKnownUpgrade: (token) => succession.tellsOf(token),
      audited,
      begun: (open) => trail.begin(open),
    });
    hooks.leaving.tap((left) => {
      markGap(router.endpoint, log);
      return { ...left, control: succession.leave(dispatcher) };
    });
    hooks.taken_over.tap(({ left, token, kept, crashed }) => {
      succession.takeOver({ legacy: legacyOf(left.control), token, kept: kept.control ?? {}, crashed });
    });
    // Bound at once, so that a start fails where it can't be; requests wait until there are watchers to ask about.
    hooks.boot.tap(() => router.receive((client, body) => dispatcher.handle(client, body)));
    scope.add('control endpoint', async () => {
      stop();
      // Whoever waited for the end is answered in this turn.
      await setImmediate();
      dispatcher.abandon(new RingmasterError('RM_CLOSED', ['the supervisor']));
      await router.close();
    });
    log.info('control endpoint is open', { endpoint: router.endpoint, pubsub_endpoint: events.endpoint });
  },
});
