import type { Decided } from './hook-compile.js';
import type { RespawnDecision } from './hooks.js';
import { deathLine, LONGEST_DELAY_MS, respawnDecision, STABLE_MS, toldReason } from './respawn.js';
import type { Slot } from './slot-state.js';
import type { SlotsHost } from './slots-host.js';
import { isReplaced } from './watcher-state.js';

/** What of the slots a decision is about. */
interface Place {
  /** Whether this is still the slot of its worker id, and this its attempt. */
  isCurrent(slot: Slot, attempt: number): boolean;
  /** Where what was decided takes effect; where nothing was, the worker id is given back. */
  readonly table: { settle(slot: Slot): void };
  /** With `respawn` off: how many have ended. */
  spent: number;
}

/** Decides what follows a process that ended, or could not be spawned, though it is wanted: asks the `respawn` hook, and does it. */
export class Respawner {
  readonly #host: SlotsHost;
  readonly #place: Place;

  constructor(host: SlotsHost, place: Place) {
    this.#host = host;
    this.#place = place;
  }

  /** A process has ended that nobody has asked to, or could not be spawned, and then `errno` says why. */
  ended(slot: Slot, errno: string | null): void {
    const { clock } = this.#host;
    const { exit } = slot;
    const uptime_ms = exit ? clock.now() - slot.started_ms : 0;
    slot.failures = exit && uptime_ms >= STABLE_MS ? 0 : slot.failures + 1;
    if (exit === null || isReplaced(this.#host.spec())) this.#decide(slot, uptime_ms, exit ? null : errno);
    else {
      this.#log(slot, { action: 'give_up', reason: 'respawn is off' });
      this.#place.spent++;
    }
  }

  /** @param errno why it could not be spawned; null where it ran */
  #decide(slot: Slot, uptime_ms: number, errno: string | null): void {
    const { hooks, watcher } = this.#host;
    const { exit, wid, failures } = slot;
    const initial = respawnDecision(failures, slot.spawn_failures, this.#host.spec().max_retry, errno);
    const args = { watcher, wid, exit, errno, uptime_ms, failures };
    const decided = hooks.decide('respawn', initial, args);
    if (decided instanceof Promise) this.#await(slot, decided);
    else this.#follow(slot, decided);
  }

  /** It should not run, but the watcher goes on for another reason. */
  later(slot: Slot): void {
    slot.respawn_at = this.#host.clock.now() + LONGEST_DELAY_MS;
  }

  /** Only this slot waits; whatever begins or frees it meanwhile makes the answer one that comes too late. */
  #await(slot: Slot, decided: Promise<Decided<RespawnDecision>>): void {
    const { attempt } = slot;
    // The answer comes much sooner, for each tap has a deadline.
    this.later(slot);
    const held_until = slot.respawn_at;
    void decided.then((answer) =>
      this.#host.after(() => {
        if (!this.#place.isCurrent(slot, attempt) || slot.state !== 'idle' || slot.respawn_at !== held_until) return;
        slot.respawn_at = null;
        this.#follow(slot, answer);
        this.#place.table.settle(slot);
        this.#host.changed();
      }),
    );
  }

  /** Tells in one line how a process ended, and what follows. */
  #log({ last_pid, wid, exit }: Slot, decision: RespawnDecision): void {
    if (exit) this.#host.log.info(`${this.#host.watcher.name}: ${deathLine(last_pid ?? 0, wid, exit, decision)}`, { wid, ...exit });
  }

  #follow(slot: Slot, { value: decision, by }: Decided<RespawnDecision>): void {
    const delay_ms = decision.action === 'give_up' ? null : decision.delay_ms;
    const { wid, exit } = slot;
    this.#host.decisions.add(decision.action, by ?? 'core', toldReason(decision.reason, exit), {
      hook: by === null ? null : 'respawn',
      wid,
      delay_ms,
    });
    this.#log(slot, decision);
    if (decision.action === 'respawn') slot.respawn_at = this.#host.clock.now() + decision.delay_ms;
    else if (decision.action === 'pause') {
      if (!this.#host.paused(decision.reason, decision.delay_ms)) this.later(slot);
    } else if (!this.#host.gaveUp(decision.reason, slot.generation)) this.later(slot);
  }
}
