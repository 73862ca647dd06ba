import { definePlugin, type StatsdClients } from '../../core/index.js';
import { Client } from './client.js';
import { Pool } from './pool.js';
import { UdpSender } from './udp.js';

export default definePlugin({
  name: 'statsd_client',
  summary: 'Sends the figures of other plugins to statsd. Comes along with those that require it and needs no mention.',
  schema: { type: 'object', additionalProperties: false, properties: {} },
  setup({ log, provide }) {
    const open: StatsdClients['open'] = (target) => new Client(target, new UdpSender(target, log));
    const clients: StatsdClients = { open, pool: () => new Pool(open) };
    provide('statsd_client', clients);
  },
});
