import { expectArguments, listOf, objectOf } from '../arguments.js';
import { builtInCommand } from '../command.js';
import { noRequest } from '../properties.js';

export const listsockets = builtInCommand({
  name: 'listsockets',
  summary: 'List the managed sockets',
  description: 'Lists the managed sockets, by file descriptor.',
  request: noRequest,
  reply: {
    type: 'object',
    properties: {
      sockets: {
        type: 'array',
        items: {
          type: 'object',
          required: ['fd', 'name', 'backlog'],
          properties: {
            fd: { type: 'integer', description: 'The number that processes of the watchers see.' },
            name: { type: 'string' },
            backlog: { type: 'integer' },
            host: { type: 'string' },
            port: { type: 'integer' },
            path: { type: 'string' },
          },
        },
      },
    },
  },
  run: ({ supervisor }) => ({
    sockets: supervisor.sockets().map(({ name, number, backlog, host, port, path }) => ({
      fd: number,
      name,
      backlog,
      ...(path === null ? { host, port } : { path }),
    })),
  }),
  cli: {
    usage: '',
    options: [],
    message(args) {
      expectArguments(args, 0, 0, 'listsockets');
      return {};
    },
    print(reply) {
      const lines = listOf(reply.sockets).map((found) => {
        const socket = objectOf(found);
        const where = 'path' in socket ? socket.path : `${socket.host}:${socket.port}`;
        return `${socket.fd}:socket '${socket.name}' at ${where}`;
      });
      return lines.join('\n');
    },
  },
});
