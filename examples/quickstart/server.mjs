// One worker: answers on the port that it is given, and finishes its requests when it is asked to end.
import { createServer } from 'node:http';

const port = Number(process.argv[2]);
const server = createServer((_request, response) => response.end(`hello from worker ${process.pid} on port ${port}\n`));
server.listen(port, '127.0.0.1', () => console.log(`web: http://127.0.0.1:${port} (pid ${process.pid})`));
process.on('SIGTERM', () => {
  server.close();
  server.closeIdleConnections();
});
