// Answers, and ends by itself when nobody has asked for a second.
import { createServer } from 'node:http';

const IDLE_MS = 1000;
const server = createServer((_request, response) => {
  response.setHeader('Connection', 'close');
  response.end(`report of process ${process.pid}\n`);
  idle.refresh();
});
const end = () => server.close();
const idle = setTimeout(end, IDLE_MS);
process.on('SIGTERM', () => {
  clearTimeout(idle);
  end();
});
server.listen({ fd: Number(process.argv[2]) });
