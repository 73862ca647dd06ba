import type { FromSchema, JsonSchema } from '../../json-schema.js';

/** One managed listening socket. Names, meanings and defaults are those of Circus's `[socket:NAME]`. */
export const socketSchema = {
  type: 'object',
  additionalProperties: false,
  examples: [{ host: '127.0.0.1', port: 8080 }],
  properties: {
    host: {
      type: 'string',
      default: 'localhost',
      applies: 'restart',
      description: 'Address or name to bind to.',
      examples: ['127.0.0.1', '::1'],
    },
    port: {
      type: 'integer',
      minimum: 0,
      maximum: 65535,
      default: 8080,
      applies: 'restart',
      description: 'Port to bind to; 0: one that is free.',
    },
    family: {
      enum: ['AF_INET', 'AF_INET6', 'AF_UNIX'],
      default: 'AF_INET',
      applies: 'restart',
      description: 'Address family; AF_UNIX where `path` is given.',
    },
    type: {
      enum: ['SOCK_STREAM', 'SOCK_DGRAM', 'SOCK_SEQPACKET', 'SOCK_RAW', 'SOCK_RDM'],
      default: 'SOCK_STREAM',
      applies: 'restart',
      description: 'Socket type.',
    },
    proto: {
      type: ['string', 'null'],
      default: null,
      applies: 'restart',
      description: 'Protocol by name, as in /etc/protocols; that of the type where none is given.',
      examples: ['tcp'],
    },
    interface: {
      type: ['string', 'null'],
      default: null,
      applies: 'restart',
      description: 'Network interface to bind to, by SO_BINDTODEVICE; on Linux only.',
      examples: ['eth0'],
    },
    path: {
      type: ['string', 'null'],
      default: null,
      applies: 'restart',
      description: 'Path of a unix socket.',
      examples: ['run/web.sock'],
    },
    umask: {
      type: ['integer', 'string', 'null'],
      quantity: 'octal',
      default: null,
      applies: 'live',
      description: 'umask while the unix socket is made.',
    },
    replace: {
      type: 'boolean',
      default: false,
      applies: 'live',
      description: 'Remove a unix socket, or an empty file, that is in the way of `path`.',
    },
    so_reuseport: {
      type: 'boolean',
      default: false,
      applies: 'restart',
      description: 'Set SO_REUSEPORT and give each process a socket of its own.',
    },
    backlog: {
      type: 'integer',
      minimum: 0,
      default: 2048,
      applies: 'live',
      description: 'Length of the queue of connections not accepted yet; the kernel has a limit of its own, net.core.somaxconn.',
    },
    blocking: { type: 'boolean', default: false, applies: 'restart', description: 'Leave the socket in blocking mode.' },
  },
} as const satisfies JsonSchema;

export type SocketOptions = FromSchema<typeof socketSchema>;
