import type { FromSchema, OptionsSchema } from '../../core/index.js';

export const schema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    host: {
      type: 'string',
      minLength: 1,
      default: '127.0.0.1',
      description: 'Address to listen on. Beyond the loopback whoever reaches it sees the pages, unless there is a `token`.',
    },
    port: {
      type: 'integer',
      minimum: 0,
      maximum: 65_535,
      default: 8090,
      description: 'TCP port; 0: one that is free, which the log tells.',
    },
    socket: {
      type: ['string', 'null'],
      minLength: 1,
      default: null,
      description: 'Path of a unix socket, instead of host and port; for the user of the daemon only.',
    },
    allowed_hosts: {
      type: 'array',
      items: { type: 'string', minLength: 1 },
      default: [],
      description: 'Names under which browsers may ask for pages, besides localhost, addresses and `host`; others are refused.',
    },
    token: {
      type: ['string', 'null'],
      minLength: 8,
      default: null,
      description: 'Requests need `Authorization: Bearer TOKEN`, all but /healthz; without a token only GET and HEAD are served.',
    },
  },
} as const satisfies OptionsSchema;

export type HttpOptions = FromSchema<typeof schema>;
