import { Dealer } from 'zeromq';
import { Client } from '../../plugins/control/client.js';
import { fuzzedMessage } from './fuzz.js';
import { Random } from './random.js';

/** As many messages are on their way at once: their answers are not more than a daemon keeps for one client. */
const WINDOW = 200;
const PING_MS = 20;

export interface Flooded {
  readonly answered: number;
  /** How many messages were such that they must have an answer. */
  readonly due: number;
  /** How long another client waited for an answer at the most, and how many it had. */
  readonly slowest_ms: number;
  readonly pings: number;
}

/** Sends malformed messages to a control endpoint while another client goes on asking. @throws Error where an answer does not come */
export async function flood(endpoint: string, seed: number, count: number): Promise<Flooded> {
  const random = new Random(seed);
  const dealer = new Dealer({ linger: 0, receiveTimeout: 10_000, sendHighWaterMark: 0, receiveHighWaterMark: 0 });
  dealer.connect(endpoint);
  let [answered, due, over] = [0, 0, false];
  const others = ask(endpoint, () => over);
  // It is waited for in the end only.
  others.catch(() => undefined);
  try {
    for (let sent = 0; sent < count; ) {
      for (const until = Math.min(count, sent + WINDOW); sent < until; sent++) {
        const frames = fuzzedMessage(random);
        if (frames.length === 1) due++;
        await dealer.send([...frames]);
      }
      for (; answered < due; answered++) await dealer.receive();
    }
    // An answer too many would come before that to one more request.
    await dealer.send(JSON.stringify({ id: 'last', command: 'list' }));
    for (let last = false; !last; ) {
      last = String(await dealer.receive()).includes('"id":"last"');
      if (!last) answered++;
    }
  } finally {
    over = true;
    dealer.close();
  }
  return { answered, due, ...(await others) };
}

async function ask(endpoint: string, over: () => boolean): Promise<Pick<Flooded, 'slowest_ms' | 'pings'>> {
  using client = new Client({ endpoint, timeout_ms: 30_000 });
  let [slowest_ms, pings] = [0, 0];
  while (!over()) {
    const begun_ms = performance.now();
    await client.call('status', { name: 'web' });
    slowest_ms = Math.max(slowest_ms, performance.now() - begun_ms);
    pings++;
    await new Promise((resolve) => setTimeout(resolve, PING_MS));
  }
  return { slowest_ms, pings };
}
