import type { SignalOptions } from './api.js';
import { RingmasterError } from './errors.js';
import { PATIENCE_MS, sendToEnd, whenGroupEmpty } from './process-group.js';
import type { Slot } from './slot-state.js';
import type { SlotsHost } from './slots-host.js';

const SIGKILL = 9;

/** How one process is to be ended, where not as the watcher's options say. */
export interface EndOptions {
  readonly signum?: number | undefined;
  readonly grace_ms?: number | undefined;
  /** Nothing takes its place. */
  readonly retire: boolean;
}

/** Ends processes: the stop signal, what they leave in their group, SIGKILL at the deadline. */
export class Ender implements Disposable {
  readonly #host: SlotsHost;
  readonly #options = new WeakMap<Slot, EndOptions>();
  readonly #draining = new Map<Slot, Disposable>();

  constructor(host: SlotsHost) {
    this.#host = host;
  }

  /** Remembers how the slot is to be ended, for the effects that follow. */
  prepare(slot: Slot, options: EndOptions): void {
    this.#options.set(slot, options);
  }

  askToEnd(slot: Slot): void {
    const { os, clock } = this.#host;
    const { pid } = slot;
    const { signum, grace_ms } = this.#endingOf(slot);
    slot.deadline_at = clock.now() + grace_ms;
    if (pid === null) return;
    const rest = this.#host.spec().stop_children ? os.children(pid, true) : [];
    this.signal(pid, signum, () => sendToEnd(signum, (one) => os.signal(pid, one)));
    this.#tell(pid);
    for (const child of rest) {
      sendToEnd(signum, (one) => os.signal(child, one));
      this.#tell(child);
    }
  }

  /** It was asked before: the earlier of both deadlines holds, and a signal of its own is sent too. */
  hurry(slot: Slot): void {
    const { os, clock } = this.#host;
    const { pid } = slot;
    const { signum, grace_ms } = this.#endingOf(slot);
    slot.deadline_at = Math.min(slot.deadline_at ?? Number.POSITIVE_INFINITY, clock.now() + grace_ms);
    if (pid === null || this.#options.get(slot)?.signum === undefined) return;
    this.signal(pid, signum, () => sendToEnd(signum, (one) => os.signal(pid, one)));
    this.#tell(pid);
  }

  killGroup(slot: Slot): void {
    const { os, clock } = this.#host;
    const { pid, pgid } = slot;
    slot.deadline_at = clock.now() + PATIENCE_MS;
    if (pgid === null) return;
    if (pid === null) {
      if (os.groupAlive(pgid)) os.signalGroup(pgid, SIGKILL);
      return;
    }
    const reason = 'it outlived its graceful_timeout';
    this.#host.log.info(`${this.#host.watcher.name}: process ${pid} (wid ${slot.wid}) is sent SIGKILL: ${reason}`, { wid: slot.wid });
    this.#host.decisions.add('kill', 'core', reason, { wid: slot.wid });
    // Children that left the group can be found only while their parent lives.
    const descendants = os.children(pid, true);
    this.signal(pid, SIGKILL, () => os.signalGroup(pgid, SIGKILL));
    this.#tell(pid);
    for (const child of descendants) {
      os.signal(child, SIGKILL);
      this.#tell(child);
    }
  }

  /** The process is gone; calls `empty` when the rest of its group, asked in the same way, is gone too. */
  drain(slot: Slot, empty: () => void): void {
    const { os, clock } = this.#host;
    const { pgid } = slot;
    if (pgid === null || !os.groupAlive(pgid)) {
      empty();
      return;
    }
    slot.kept?.ended();
    // With stop_children all of them have been asked already.
    if (slot.state !== 'stopping') os.signalGroup(pgid, SIGKILL);
    else if (!this.#host.spec().stop_children) sendToEnd(this.#endingOf(slot).signum, (one) => os.signalGroup(pgid, one));
    const watch = whenGroupEmpty(os, clock, pgid, {
      empty: () => {
        this.#draining.delete(slot);
        empty();
      },
      // Those that are out of the group are killed one by one, and may start others meanwhile.
      alive: () => {
        if (slot.state === 'killing') os.signalGroup(pgid, SIGKILL);
      },
    });
    this.#draining.set(slot, watch);
  }

  /** Sends a signal, unless before_signal withholds it, and tells the hooks. SIGKILL can't be withheld. */
  signal(pid: number, signum: number, send: () => void): void {
    const { hooks, watcher } = this.#host;
    const veto = hooks.used('before_signal', watcher.name) ? hooks.gateSync('before_signal', { watcher, pid, signum }) : null;
    if (veto === null || signum === SIGKILL) send();
    else {
      this.#host.log.info(`signal ${signum} to ${pid} was withheld: ${veto.veto}`);
      this.#host.decisions.add('withhold', veto.plugin, `signal ${signum} to ${pid}: ${veto.veto}`, { hook: veto.hook });
    }
    hooks.watch('after_signal', { watcher, pid, signum });
  }

  /**
   * Sends a signal by request: to one process or all of them, to their children, or to everybody.
   *
   * @throws RM_PROCESS_UNKNOWN for a pid that is not among `pids`, or a child that is not the process's
   */
  signalFamilies(pids: readonly number[], signum: number, { pid, child_pid, children = false, recursive = false }: SignalOptions): void {
    const { os, watcher } = this.#host;
    if (pid !== undefined && !pids.includes(pid)) throw new RingmasterError('RM_PROCESS_UNKNOWN', [pid, watcher.name]);
    for (const target of pid === undefined ? pids : [pid]) {
      const family = children || recursive || child_pid !== undefined ? os.children(target, recursive) : [];
      if (child_pid !== undefined) {
        if (!family.includes(child_pid)) throw new RingmasterError('RM_PROCESS_UNKNOWN', [child_pid, watcher.name]);
        os.signal(child_pid, signum);
        continue;
      }
      if (!children) this.signal(target, signum, () => os.signal(target, signum));
      for (const child of family) os.signal(child, signum);
    }
  }

  [Symbol.dispose](): void {
    for (const watch of this.#draining.values()) watch[Symbol.dispose]();
    this.#draining.clear();
  }

  #endingOf(slot: Slot): { readonly signum: number; readonly grace_ms: number } {
    const spec = this.#host.spec();
    const options = this.#options.get(slot);
    return { signum: options?.signum ?? spec.stop_signal, grace_ms: options?.grace_ms ?? spec.graceful_timeout * 1000 };
  }

  #tell(pid: number): void {
    this.#host.emit('kill', { process_pid: pid, time: this.#host.clock.wall() / 1000 });
  }
}
