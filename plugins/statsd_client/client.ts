import type { StatsdClient, StatsdTarget } from '../../core/index.js';
import { type Figure, message, sample } from './message.js';

/** Sends one text, or loses it. */
interface Sender {
  send(text: string): void;
  close(): Promise<void>;
}

/** The figures of one plugin, under Circus's prefix. */
export class Client implements StatsdClient {
  readonly #target: StatsdTarget;
  readonly #sender: Sender;
  readonly #left = new Map<string, number>();

  constructor(target: StatsdTarget, sender: Sender) {
    this.#target = target;
    this.#sender = sender;
  }

  increment(name: string): void {
    this.#sampled(name, { value: 1, type: 'c' });
  }

  /** A gauge is never left out: the value of the next may be far away. */
  gauge(name: string, value: number | string): void {
    this.#send(name, { value, type: 'g', rate: 1 });
  }

  timing(name: string, value_ms: number): void {
    this.#sampled(name, { value: value_ms, type: 'ms' });
  }

  close(): Promise<void> {
    return this.#sender.close();
  }

  #sampled(name: string, figure: Pick<Figure, 'value' | 'type'>): void {
    const rate = this.#target.sample_rate;
    const share = sample(rate, this.#left.get(name));
    if (rate < 1) this.#left.set(name, share.left);
    if (share.sent) this.#send(name, { ...figure, rate });
  }

  #send(name: string, figure: Pick<Figure, 'value' | 'type' | 'rate'>): void {
    const { application_name, tags } = this.#target;
    this.#sender.send(message({ ...figure, name: `circus.${application_name}.watcher.${name}`, tags }));
  }
}
