import type { HolderHost } from './durable/holder.js';
import type { KeptOutputs } from './durable/kept-outputs.js';
import { KEYS, type SpawnRecord } from './durable/records.js';
import type { DurableState } from './durable/state.js';
import { messageOf } from './errors.js';

/** The pipes that outlive a supervisor, which are opened when the first is needed. */
export class SupervisorOutputs {
  readonly #host: HolderHost;
  readonly #state: DurableState;
  /** By what an earlier supervisor, or directory, has left. */
  #used: ReadonlySet<number>;
  #opening: Promise<KeptOutputs> | null = null;
  #kept: KeptOutputs | null = null;
  /** Of directories that are not there any more. */
  readonly #former: KeptOutputs[] = [];

  constructor(host: HolderHost, state: DurableState) {
    this.#host = host;
    this.#state = state;
    this.#used = this.#recorded();
  }

  /** Null where processes have ordinary pipes here. The promise rejects where none can be had, and another try is made the next time. */
  open(): Promise<KeptOutputs> | null {
    const { openKeptReader } = this.#host.durable;
    if (openKeptReader === null) return null;
    this.#opening ??= this.#open(openKeptReader).catch((error: unknown) => {
      this.#opening = null;
      throw error;
    });
    return this.#opening;
  }

  /** Nobody takes over any other pipe than these. */
  dropBut(adopted: readonly (number | null)[]): void {
    const indexes = new Set(adopted.filter((index) => index !== null));
    if (indexes.size === this.#used.size) return;
    this.open()?.then(
      (kept) => kept.dropBut(indexes),
      (error: unknown) => this.#host.log.error(`output of processes of an earlier daemon is not read: ${messageOf(error)}`),
    );
  }

  /** The state directory is another one, with pipes of its own for whatever is spawned from now on. */
  renew(): void {
    if (this.#kept === null) return;
    this.#kept.detach();
    this.#former.push(this.#kept);
    this.#opening = this.#kept = null;
    this.#used = this.#recorded();
  }

  /** Reads no more. @param clean nothing is left for the next start */
  async close(clean: boolean): Promise<void> {
    // Where they are being opened still, and that fails, there is nothing to close: who waits for them is told.
    await Promise.allSettled([this.#opening]);
    for (const former of this.#former) former.leave();
    if (clean) await this.#kept?.remove();
    else this.#kept?.leave();
  }

  kill(): void {
    this.#kept?.kill();
  }

  #recorded(): ReadonlySet<number> {
    const records = this.#state.journal.under(KEYS.process).map(([, record]) => record as SpawnRecord);
    return new Set(records.flatMap(({ pipes }) => pipes ?? []).filter((index) => index !== null));
  }

  async #open(openReader: NonNullable<HolderHost['durable']['openKeptReader']>): Promise<KeptOutputs> {
    const [{ KeptOutputs: Outputs }, { Holder }] = await Promise.all([import('./durable/kept-outputs.js'), import('./durable/holder.js')]);
    const { clock, log, durable } = this.#host;
    const state_dir = this.#state.directory.path;
    const isOurs = (): boolean => this.#host.isOurs();
    const parts = { isOurs, makeFifo: durable.makeFifo, holder: (name: string) => new Holder(this.#host, name), openReader };
    this.#kept = await Outputs.open({ clock, log, state_dir, ...parts }, this.#used);
    return this.#kept;
  }
}
