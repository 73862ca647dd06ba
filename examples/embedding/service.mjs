// A small HTTP service that supervises its own workers and answers for them.
//   GET /            what runs
//   POST /scale/3    three workers
//   POST /restart    all of them anew
import { createServer } from 'node:http';
import { Supervisor } from 'ringmaster';

const worker = 'console.log("worker", process.pid); setInterval(() => {}, 60_000)';
const supervisor = new Supervisor({
  watchers: {
    workers: { cmd: 'node', args: ['-e', worker], numprocesses: 2, graceful_timeout: '5s' },
  },
});

await supervisor.start();
const workers = supervisor.find('workers');

const server = createServer(async (request, response) => {
  const [, verb, count] = request.url.split('/');
  try {
    if (request.method === 'POST' && verb === 'scale') await workers.setNumprocesses(Number(count));
    else if (request.method === 'POST' && verb === 'restart') await workers.restart();
  } catch (error) {
    response.writeHead(400).end(`${error.message}\n`);
    return;
  }
  const body = { status: workers.status, pids: workers.processes().map((process) => process.pid) };
  response.setHeader('content-type', 'application/json').end(`${JSON.stringify(body)}\n`);
});
server.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));

// The supervisor takes no signals: when and how the host ends is the host's business.
process.once('SIGTERM', async () => {
  server.close();
  await supervisor.stop();
});
