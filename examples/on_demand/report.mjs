// Answers, and ends by itself when nobody has asked for a second.
import { createServer } from 'node:http';
import { Server } from 'node:net';

const IDLE_MS = 1000;
const server = createServer((_request, response) => {
  response.setHeader('Connection', 'close');
  response.end(`report of process ${process.pid}\n`);
  idle.refresh();
});
// `server.close()` itself would, with Node 26, close what it has accepted but has no request of yet.
const end = () => Server.prototype.close.call(server);
const idle = setTimeout(end, IDLE_MS);
process.on('SIGTERM', () => {
  clearTimeout(idle);
  end();
});
server.listen({ fd: Number(process.argv[2]) });
