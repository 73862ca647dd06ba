import { setImmediate } from 'node:timers/promises';
import { definePlugin, RingmasterError, wireFilter } from '../../core/index.js';
import { commandTable } from './commands/index.js';
import { Dispatcher } from './dispatch.js';
import { defaultEndpoints, prepareRuntimeDir, runtimeDir } from './endpoints.js';
import { EventPublisher } from './events.js';
import { ControlRouter } from './router.js';
import { schema } from './schema.js';

export default definePlugin({
  name: 'control',
  summary: 'Answers control requests and publishes events over ZeroMQ, in the Circus protocol.',
  schema,
  hooks: ['event', 'boot', 'shutdown'],
  async setup({ config, supervisor, hooks, clock, log, scope }) {
    const { endpoint, pubsub_endpoint, endpoint_owner, stats_endpoint, multicast_endpoint } = supervisor.options;
    if (endpoint === null || pubsub_endpoint === null) prepareRuntimeDir(runtimeDir());
    const addresses = {
      endpoint: endpoint ?? defaultEndpoints().endpoint,
      pubsub_endpoint: pubsub_endpoint ?? defaultEndpoints().pubsub_endpoint,
    };

    const publisher = await EventPublisher.open({ ...config, pubsub_endpoint: addresses.pubsub_endpoint, endpoint_owner, log });
    scope.add('event endpoint', () => publisher.close());
    const isForWire = wireFilter((name) => {
      const status = supervisor.find(name)?.status;
      return status === 'active' || status === 'starting';
    });
    hooks.event.tap((event) => {
      if (isForWire(event)) publisher.publish(event);
    });

    let stop = (): void => {};
    const stopped = new Promise<void>((resolve) => {
      stop = resolve;
    });
    hooks.shutdown.tap(() => stop());

    const router = await ControlRouter.open({ ...config, endpoint: addresses.endpoint, endpoint_owner, log });
    const endpoints = { endpoint: router.endpoint, pubsub_endpoint: publisher.endpoint, stats_endpoint, multicast_endpoint };
    const dispatcher = new Dispatcher({
      ...config,
      commands: commandTable,
      context: { supervisor, endpoints, stopped },
      clock,
      log,
      send: (client, reply) => router.send(client, reply),
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
    log.info('control endpoint is open', { endpoint: router.endpoint, pubsub_endpoint: publisher.endpoint });
  },
});
