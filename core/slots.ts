import type { ProcessView } from './api.js';
import type { KeptSpawn } from './durable/keeper.js';
import type { Survivor } from './durable/survivor.js';
import type { Refusal } from './hook-compile.js';
import { type Exit, UNKNOWN_EXIT } from './hooks.js';
import { findMissedExits } from './missed-exits.js';
import { OpenOutputs } from './output.js';
import { Leftovers } from './process-group.js';
import { type AdoptingSlots, adoptSurvivors } from './slot-adopt.js';
import { Ender, type EndOptions } from './slot-end.js';
import { tellAdopted, tellReap, tellSpawnFailed, tellStuck } from './slot-news.js';
import { Respawner } from './slot-respawn.js';
import { queueSpawn } from './slot-spawn.js';
import { isEnding, isUnborn, newSlot, type Slot, type SlotEffect, type SlotEvent, step } from './slot-state.js';
import { SlotTable } from './slot-table.js';
import type { SlotsHost } from './slots-host.js';
import { isReplaced } from './watcher-state.js';
import { processView } from './watcher-view.js';

const SIGKILL = 9;
/** Want of something that the whole machine shares: tried again for ever, never a reason to give up. */
const TRANSIENT: ReadonlySet<string> = new Set(['EAGAIN', 'ENOMEM', 'EMFILE', 'ENFILE']);

/** The worker ids of one watcher: feeds events to their machines and does what comes out. */
export class Slots implements Disposable {
  readonly table = new SlotTable();
  /** With `respawn` off: how many have ended since the start. */
  spent = 0;
  readonly #host: SlotsHost;
  readonly #outputs: OpenOutputs;
  readonly #respawner: Respawner;
  #ender: Ender | null = null;
  #leftovers: Leftovers | null = null;
  #attempts = 0;
  #refusal: Refusal | null = null;
  #lastErrno: string | null = null;

  constructor(host: SlotsHost) {
    this.#host = host;
    this.#outputs = new OpenOutputs(host);
    this.#respawner = new Respawner(host, this);
  }

  get ender(): Ender {
    this.#ender ??= new Ender(this.#host);
    return this.#ender;
  }

  get leftovers(): number {
    return this.#leftovers?.size ?? 0;
  }

  /** Processes that have ended whose outputs are not read to the end. */
  get draining(): number {
    return this.#outputs.draining;
  }

  /** Processes that live, in order of their worker ids. */
  live(): readonly (Slot & { readonly pid: number })[] {
    const live = [...this.table.values()].filter((slot): slot is Slot & { readonly pid: number } => slot.pid !== null);
    return live.sort((a, b) => a.wid - b.wid);
  }

  views(): readonly ProcessView[] {
    const now = this.#host.clock.now();
    return this.live().map((slot) => processView(slot, now));
  }

  /** Takes over what an earlier supervisor has spawned. @param survivors in the order in which they were spawned */
  adopt(survivors: readonly Survivor[]): void {
    const slots: AdoptingSlots = {
      table: this.table,
      outputs: this.#outputs,
      leftovers: this.#groups,
      newAttempt: () => ++this.#attempts,
      expiry: (started_ms) => this.#expiry(started_ms),
      feed: (slot, event) => this.#feed(slot, event),
      exited: (slot, attempt, exit) => void this.#exited(slot, attempt, exit),
      end: (slot, options) => this.end(slot, options),
    };
    adoptSurvivors(this.#host, slots, survivors);
  }

  /** @param from the slot whose respawn this is, where it moves to a smaller worker id */
  begin(wid: number, from = wid): void {
    const waiting = this.table.get(from);
    if (from !== wid) this.table.delete(from);
    const slot: Slot = waiting === undefined ? newSlot(wid) : { ...waiting, wid };
    slot.attempt = ++this.#attempts;
    slot.generation = this.#host.generation();
    slot.urgent = slot.respawn_at !== null;
    slot.respawn_at = slot.exit = slot.kept = null;
    slot.retired = false;
    slot.started_ms = 0;
    this.table.file(slot);
    this.#feed(slot, 'begin');
  }

  end(slot: Slot, options: EndOptions): void {
    this.ender.prepare(slot, options);
    slot.retired = options.retire || (isEnding(slot) && slot.retired);
    if (slot.pid !== null) slot.kept?.ending(slot.retired);
    this.#feed(slot, 'end');
    this.table.settle(slot);
  }

  /** It is ending already, and nothing takes its place. */
  retire(slot: Slot): void {
    slot.retired = true;
    slot.kept?.ending(true);
    this.table.file(slot);
  }

  deadline(slot: Slot): void {
    this.#feed(slot, 'deadline');
  }

  /** Respawns that wait are due now. */
  hasten(): void {
    const now = this.#host.clock.now();
    for (const slot of this.table.waiting) {
      slot.respawn_at = now;
      this.table.file(slot);
    }
  }

  /** Forgets what has no process: respawns that wait, counts of failures. */
  clear(): void {
    for (const slot of this.table.values()) if (slot.state === 'idle') this.table.delete(slot.wid);
    this.spent = 0;
  }

  /** Lets the processes live on, supervised by nobody, or left by `leave`; what is not born yet never is. What dead ones have left behind stays. */
  release(leave?: (pid: number) => void): void {
    if (!leave) this.#outputs.release();
    for (const slot of [...this.table.values()]) {
      if (slot.pid !== null) (leave ?? this.#host.os.release.bind(this.#host.os))(slot.pid);
      if (slot.pid !== null && !leave) slot.kept?.released();
      if (slot.pid !== null || slot.pgid === null || leave) this.table.delete(slot.wid);
    }
  }

  /** Whether something that dead processes have left behind is still to be ended. */
  get remains(): boolean {
    return this.leftovers > 0 || [...this.table.ending].some((slot) => slot.pid === null);
  }

  /** SIGKILL to every group that is left, without a word to anybody. @param spared those that a later supervisor takes over */
  killAll(spared: boolean): void {
    const doomed = [...this.table.values()].filter(({ kept }) => !spared || kept === null);
    for (const { pgid } of doomed) if (pgid !== null) this.#host.os.signalGroup(pgid, SIGKILL);
  }

  /** The safety net: looks at one process with each step. */
  verify(): Iterable<void> {
    return findMissedExits(this.#host.os, this.live(), (slot) => this.#exited(slot, slot.attempt, UNKNOWN_EXIT));
  }

  [Symbol.dispose](): void {
    this.#leftovers?.[Symbol.dispose]();
    this.#outputs[Symbol.dispose]();
    this.#ender?.[Symbol.dispose]();
  }

  static readonly #effects: Readonly<Record<SlotEffect, (slots: Slots, slot: Slot) => void>> = {
    ask_before_spawn: (slots, slot) => {
      const { hooks, watcher } = slots.#host;
      const args = { watcher, wid: slot.wid };
      slots.#ask(slot, 'admitted', hooks.used('before_spawn', watcher.name) ? hooks.gate('before_spawn', args) : null);
    },
    spawn: (slots, slot) => {
      const { attempt } = slot;
      queueSpawn(slots.#host, slots.#outputs, slot, {
        wanted: () => slots.isCurrent(slot, attempt) && slot.state === 'spawning',
        spawned: (pid, kept) => slots.#spawned(slot, attempt, pid, kept),
        failed: (errno, message) => slots.#spawnFailed(slot, attempt, errno, message),
        exited: (exit, kept) => {
          // Of one that was not wanted any more nobody else knows.
          if (!slots.#exited(slot, attempt, exit)) kept?.gone();
        },
      });
    },
    tell_adopted: (slots, slot) => tellAdopted(slots.#host, slot),
    announce: (slots, slot) => slots.#host.emit('spawn', { process_pid: slot.pid ?? 0, time: slot.started }),
    ask_after_spawn: (slots, slot) => {
      const { hooks, watcher } = slots.#host;
      const args = { watcher, wid: slot.wid, pid: slot.pid ?? 0 };
      slots.#ask(slot, 'accepted', hooks.used('after_spawn', watcher.name) ? hooks.gate('after_spawn', args) : null);
    },
    abandon_start: (slots, slot) => {
      if (slots.#refusal === null || !slots.#host.refused(slots.#refusal)) slots.#respawner.later(slot);
    },
    ask_to_end: (slots, slot) => slots.ender.askToEnd(slot),
    hurry: (slots, slot) => slots.ender.hurry(slot),
    kill_group: (slots, slot) => slots.ender.killGroup(slot),
    report_stuck: (slots, slot) => tellStuck(slots.#host, slot.pgid ?? 0, slot.wid),
    reap: (slots, slot) => tellReap(slots.#host, slot),
    drain_group: (slots, slot) => {
      const { attempt } = slot;
      slots.ender.drain(slot, () => {
        if (slots.isCurrent(slot, attempt)) slots.#feed(slot, 'group_empty');
      });
    },
    leave_group: (slots, slot) => {
      const { stop_signal, graceful_timeout } = slots.#host.spec();
      if (slot.pgid !== null) slots.#groups.end(slot.pgid, stop_signal, graceful_timeout * 1000, slot.kept);
    },
    decide_respawn: (slots, slot) => slots.#respawner.ended(slot, slots.#lastErrno),
  };

  get #groups(): Leftovers {
    this.#leftovers ??= new Leftovers(this.#host, (pgid) => tellStuck(this.#host, pgid, null));
    return this.#leftovers;
  }

  /** Whether nothing has taken the place of that attempt. */
  isCurrent(slot: Slot, attempt: number): boolean {
    return slot.attempt === attempt && this.table.get(slot.wid) === slot;
  }

  #feed(slot: Slot, event: SlotEvent): void {
    this.#host.after(() => {
      const transition = step(slot.state, event);
      if (transition === null) return;
      slot.state = transition.to;
      for (const effect of transition.effects) Slots.#effects[effect](this, slot);
      if (transition.to === 'idle') this.#settleIdle(slot, event);
      this.table.settle(slot);
      // What is on its way to a process is no news for the plan, which has sent it there.
      if (!isUnborn(slot)) this.#host.changed();
    });
  }

  /** A slot without a process: a replacement is due where one is wanted. */
  #settleIdle(slot: Slot, event: SlotEvent): void {
    const isEmpty = event === 'group_empty';
    if (isEmpty) slot.kept?.gone();
    slot.deadline_at = slot.expires_at = slot.pgid = slot.kept = null;
    if (!isEmpty || slot.retired) return;
    if (isReplaced(this.#host.spec())) slot.respawn_at = this.#host.clock.now();
    else this.spent++;
  }

  /** Feeds `yes`, or `refused`, when the gate has answered; at once where nobody taps it. */
  #ask(slot: Slot, yes: SlotEvent, answer: Promise<Refusal | null> | null): void {
    if (answer === null) {
      this.#feed(slot, yes);
      return;
    }
    const { attempt } = slot;
    void answer.then((veto) => {
      if (!this.isCurrent(slot, attempt)) return;
      this.#refusal = veto;
      this.#feed(slot, veto ? 'refused' : yes);
    });
  }

  #spawned(slot: Slot, attempt: number, pid: number, kept: KeptSpawn | null): void {
    if (!this.isCurrent(slot, attempt) || slot.state !== 'spawning') {
      // It was asked for, but not any more: nobody has heard of it, and nobody will.
      this.#host.os.signalGroup(pid, SIGKILL);
      return;
    }
    const { clock, log } = this.#host;
    slot.pid = slot.pgid = slot.last_pid = pid;
    slot.kept = kept;
    slot.started_ms = clock.now();
    slot.started = clock.wall() / 1000;
    slot.spawn_failures = 0;
    slot.expires_at = this.#expiry(slot.started_ms);
    log.debug(`running process [pid ${pid}]`, { wid: slot.wid });
    this.#feed(slot, 'spawned');
  }

  #spawnFailed(slot: Slot, attempt: number, errno: string, error: string): void {
    if (!this.isCurrent(slot, attempt) || slot.state !== 'spawning') return;
    tellSpawnFailed(this.#host, slot, errno, error);
    this.#lastErrno = errno;
    if (!TRANSIENT.has(errno)) slot.spawn_failures++;
    this.#feed(slot, 'spawn_failed');
  }

  /** Whether it is news. */
  #exited(slot: Slot, attempt: number, exit: Exit): boolean {
    if (!this.isCurrent(slot, attempt) || slot.pid === null) return false;
    slot.exit = exit;
    this.#feed(slot, 'exited');
    return true;
  }

  #expiry(started_ms: number): number | null {
    const { max_age, max_age_variance } = this.#host.spec();
    return max_age > 0 ? started_ms + (max_age + this.#host.random() * max_age_variance) * 1000 : null;
  }
}
