import { connect } from 'node:net';
import { type FromSchema, type JsonSchema, type ProbeType, tcpProbeOptions } from '../../core/index.js';

const schema = {
  type: 'object',
  additionalProperties: false,
  required: ['port'],
  properties: tcpProbeOptions,
} as const satisfies JsonSchema;

/** Connects and closes again. */
export const tcpProbe: ProbeType = {
  name: 'tcp',
  summary: 'Connects to a port.',
  schema,
  probe: ({ host, port }: FromSchema<typeof schema>, signal) => knock(host, port, signal),
};

/** Connects and closes again. Rejects where that is refused, or `signal` is aborted first. */
function knock(host: string, port: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    const close = (): void => {
      socket.destroy(signal.reason);
    };
    signal.addEventListener('abort', close);
    socket.on('connect', () => {
      resolve();
      socket.destroy();
    });
    socket.on('error', reject);
    socket.on('close', () => signal.removeEventListener('abort', close));
  });
}
