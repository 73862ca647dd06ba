// A worker in Node. Told to end, it accepts no more, answers what it has accepted and goes.
import { createServer } from 'node:http';
import { Server } from 'node:net';

const server = createServer((_request, response) => {
  response.setHeader('Connection', 'close'); // so that no client keeps a connection to a worker that is about to go
  response.end('hello from node\n');
});
server.listen({ fd: Number(process.argv[2]) });
// `server.close()` itself would, with Node 26, close what it has accepted but has no request of yet.
process.on('SIGTERM', () => Server.prototype.close.call(server));
