// Asks as often as it can for so many seconds, each time over a new connection, and counts what came of it.
import { get } from 'node:http';

const [url = '', seconds = '3'] = process.argv.slice(2);
const end = Date.now() + Number(seconds) * 1000;
const answers = new Map();
const count = (what) => answers.set(what, (answers.get(what) ?? 0) + 1);

const ask = () =>
  new Promise((done) => {
    const failed = (error) => {
      count(`failed: ${error.code ?? error.message}`);
      done();
    };
    get(url, { agent: false }, (response) => {
      response.setEncoding('utf8');
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('error', failed).on('end', () => {
        count(text.trim());
        done();
      });
    }).on('error', failed);
  });

const client = async () => {
  while (Date.now() < end) await ask();
};
await Promise.all(Array.from({ length: 8 }, client));
for (const [what, times] of [...answers].sort()) console.log(`${what}: ${times}`);
