import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { Subscriber } from 'zeromq';
import { eventually, type LogLine, recordingLogger, VirtualClock } from '../../../core/testing.js';
import { type Losses, OpenPublication, type PublicationKeys } from '../../../plugins/control/publication.js';
import { deafSubscriber } from '../../fixtures/control/deaf-subscriber.js';

const HWM = 100;
const BATCH = 20;
const MIB = 1024 * 1024;
const PAD = 'x'.repeat(1000);
const SUBSCRIBER = fileURLToPath(new URL('../../fixtures/control/subscriber.js', import.meta.url));

/** A publication with one subscriber that reads everything. */
class Stage implements AsyncDisposable {
  readonly losses: Losses = { stalls: 0, dropped: 0 };
  readonly clock = new VirtualClock();
  readonly lines: LogLine[] = [];
  readonly received: number[] = [];
  readonly #directory = mkdtempSync(join(tmpdir(), 'rm-publication-'));
  readonly #reader = new Subscriber({ linger: 0, receiveHighWaterMark: 0 });
  readonly #warnings: Error[] = [];
  readonly #warned = (warning: Error): void => void this.#warnings.push(warning);
  #publication: OpenPublication | undefined;
  #reading: Promise<void> | undefined;
  #count = 0;

  static async open(keys?: PublicationKeys): Promise<Stage> {
    const stage = new Stage();
    process.on('warning', stage.#warned);
    stage.#publication = await OpenPublication.open({
      endpoint: `ipc://${stage.#directory}/e.sock`,
      endpoint_owner: null,
      subscriber_hwm: HWM,
      flush_ms: 0,
      losses: stage.losses,
      keys,
      clock: stage.clock,
      log: recordingLogger(stage.lines),
    });
    stage.#reader.connect(stage.publication.endpoint);
    stage.#reader.subscribe();
    stage.#reading = stage.#read();
    await stage.publishUntil(() => stage.received.length > 0);
    return stage;
  }

  get publication(): OpenPublication {
    if (this.#publication === undefined) throw new Error('it is not open');
    return this.#publication;
  }

  /** Lines of the log, and warnings of Node.js, which go to standard error. */
  get said(): readonly string[] {
    return [...this.lines, ...this.#warnings].map(({ message }) => message);
  }

  /** Publishes so many, not faster than the subscriber that reads can read. */
  async publish(count: number, topic = 'watcher.web.updated'): Promise<void> {
    for (let sent = 0; sent < count; sent += BATCH) {
      for (let index = 0; index < BATCH; index++) this.publication.publish(topic, { number: this.#count++, pad: PAD });
      await eventually(() => this.received.at(-1) === this.#count - 1, { what: `message ${this.#count - 1}` });
    }
  }

  /** Publishes now and then until that is so, which needs a subscriber. */
  async publishUntil(isDone: () => boolean): Promise<void> {
    await eventually(() => {
      this.publication.publish('watcher.web.updated', { number: this.#count++ });
      return isDone();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.publication.close();
    this.#reader.close();
    await this.#reading;
    process.removeListener('warning', this.#warned);
    rmSync(this.#directory, { recursive: true });
  }

  async #read(): Promise<void> {
    for await (const [, body] of this.#reader) this.received.push(JSON.parse(String(body)).number);
  }
}

const STALLED = `a subscriber has not read ${HWM} messages: it gets no more until it has read half of them`;

describe('control: a publication', () => {
  it('counts it and says so once when a subscriber that never reads begins to miss messages; others get all, in order', async () => {
    await using stage = await Stage.open();
    const deaf = await deafSubscriber(stage.publication.endpoint);
    try {
      await stage.publish(500);
      const before_bytes = process.memoryUsage.rss();
      await stage.publish(6000);
      expect(stage.losses).to.deep.equal({ stalls: 1, dropped: 0 });
      expect(stage.said).to.deep.equal([STALLED]);
      expect(stage.lines[0]?.fields).to.include({ topic: 'watcher.web.updated', stalls: 1, endpoint: stage.publication.endpoint });
      const [first = 0] = stage.received;
      expect(stage.received).to.deep.equal(stage.received.map((_, index) => first + index));
      expect(process.memoryUsage.rss() - before_bytes).to.be.below(64 * MIB);
    } finally {
      deaf.destroy();
    }
  });

  it('does so for each time that one stalls, with a line a minute at most; one that goes on is told again', async () => {
    await using stage = await Stage.open();
    const child = spawn(process.execPath, [SUBSCRIBER, stage.publication.endpoint], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      const said: string[] = [];
      createInterface({ input: child.stdout }).on('line', (line) => said.push(line));
      await stage.publishUntil(() => said.includes('subscribed'));
      for (const [time, lines, later_ms] of [
        [1, 1, 0],
        [2, 1, 60_000],
        [3, 2, 0],
      ] as const) {
        const before = stage.losses.stalls;
        child.kill('SIGSTOP');
        while (stage.losses.stalls === before) await stage.publish(BATCH);
        // ZeroMQ may not have handed on what fits in the kernel's buffer yet, and then has room again: a real stall is one that lasts.
        for (let counted = before; counted < stage.losses.stalls; ) {
          counted = stage.losses.stalls;
          await stage.publish(3 * HWM);
        }
        expect(stage.said).to.deep.equal(Array(lines).fill(STALLED));
        child.kill('SIGCONT');
        // At the first, second, fourth, eighth… try: many would fill the room that it has made before it has read them.
        let tries = 0;
        await eventually(() => {
          if (Number.isInteger(Math.log2(++tries))) stage.publication.publish('watcher.web.updated', { number: -1, last: time });
          return said.includes(`last ${time}`);
        });
        await stage.clock.advanceAsync(later_ms);
      }
    } finally {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }
  });

  it('counts messages that nobody gets, for there are too many before subscribers are back', async () => {
    let revoke = (): void => {};
    const keys = {
      socket: {} as PublicationKeys['socket'],
      onRevoked: (told: () => void): Disposable => {
        revoke = told;
        return { [Symbol.dispose]: () => {} };
      },
    };
    await using stage = await Stage.open(keys);
    revoke();
    await eventually(() => stage.publication.isWanted('whatever'));
    for (let sent = 0; sent < HWM + 7; sent++) stage.publication.publish('whatever', { number: sent });
    expect(stage.losses).to.deep.equal({ stalls: 0, dropped: 7 });
  });

  it('keeps the order of messages of which one is sent twice, for others stall at another topic', async () => {
    await using stage = await Stage.open();
    const deaf = await deafSubscriber(stage.publication.endpoint, 'watcher.web.');
    try {
      await stage.publish(20);
      for (let round = 0; round < 40; round++) {
        await stage.publish(BATCH);
        await stage.publish(BATCH, 'watcher.db.updated');
      }
      const [first = 0] = stage.received;
      expect(stage.losses.stalls).to.equal(1);
      expect(stage.received).to.deep.equal(stage.received.map((_, index) => first + index));
    } finally {
      deaf.destroy();
    }
  });
});
