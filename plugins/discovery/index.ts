import { hostname } from 'node:os';
import { definePlugin, type Endpoints, messageOf } from '../../core/index.js';
import { ALLOWED_ADDRESS, DEFAULT_ADDRESS, parseAddress } from './address.js';
import { startResponder } from './responder.js';
import { encodeAnswer } from './wire.js';

export default definePlugin({
  name: 'discovery',
  summary: 'Tells whoever asks by UDP multicast where the daemon can be reached, as Circus does; `ringmaster discover` asks.',
  schema: { type: 'object', additionalProperties: false, properties: {} },
  requires: ['control'],
  async setup({ supervisor, clock, log, scope, service }) {
    const { bound } = service<Endpoints>('endpoints');
    const multicast_endpoint = supervisor.options.multicast_endpoint ?? DEFAULT_ADDRESS;
    const disabled = (why: string): void => log.warn(`discovery is off: ${why}`, { multicast_endpoint });
    const address = parseAddress(multicast_endpoint);
    if (address === null) {
      disabled(`multicast_endpoint must be ${ALLOWED_ADDRESS}, got "${multicast_endpoint}"`);
      return;
    }
    try {
      const responder = await startResponder({ ...address, clock, log, answer: () => encodeAnswer(bound, hostname(), process.pid) });
      scope.add('discovery', () => responder[Symbol.asyncDispose]());
    } catch (error) {
      // A machine whose network knows no multicast can supervise all the same.
      disabled(`cannot listen at ${multicast_endpoint}: ${messageOf(error)}; \`multicast_endpoint\` empty leaves it out`);
    }
  },
});
