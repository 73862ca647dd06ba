import { Deferred } from '../../deferred.js';
import { messageOf, RingmasterError } from '../../errors.js';
import type { Logger } from '../../log.js';
import type { DurableOs } from '../../os/durable.js';
import type { Supervisor } from '../../supervisor.js';
import type { Upgraded, UpgradeRequest } from '../../upgrade.js';
import { version } from '../version.js';
import { checkNew, type NewProgram } from './check-new.js';

export interface UpgraderOptions {
  readonly log: Logger;
  /** The file that runs, as Node.js was given it. */
  readonly program: string;
  readonly config_file: string;
  /** Why the program that was to follow could not be executed, so that this one goes on; null where none was to. */
  readonly failure: Error | null;
}

/** What is left when a supervisor has gone to make room for another version. */
export interface Left {
  readonly program: NewProgram;
  readonly os: DurableOs;
}

interface Underway {
  readonly token: string | undefined;
  readonly done: Promise<Upgraded>;
}

/** Milliseconds on the clock that all processes of the machine have in common. */
const monotonic_ms = (): number => Number(process.hrtime.bigint() / 1_000_000n);

/**
 * Has the supervisor of this process leave, for a version that was found fit; and tells, as that version, what came of it.
 *
 * An upgrade that succeeds is answered by the next version alone: here its promise is never settled.
 */
export class Upgrader {
  readonly #options: UpgraderOptions;
  readonly #arrived = new Deferred();
  #supervisor: Supervisor | undefined;
  #underway: Underway | undefined;
  #upgraded: Upgraded | undefined;
  #left: Promise<Left> | null = null;

  constructor(options: UpgraderOptions) {
    this.#options = options;
  }

  /** What to execute now that the supervisor has ended; null where it has ended for another reason. */
  get left(): Promise<Left> | null {
    return this.#left;
  }

  use(supervisor: Supervisor): void {
    this.#supervisor = supervisor;
  }

  /** @throws RM_UPGRADE, RM_UPGRADE_RESTARTS, RM_STATE: nothing has changed then */
  async upgrade(request: UpgradeRequest): Promise<Upgraded> {
    const { token } = request;
    const before = this.#supervisor?.predecessor;
    if (token !== undefined && before?.token === token) return this.#outcome();
    if (this.#underway !== undefined) {
      if (token !== undefined && this.#underway.token === token) return this.#underway.done;
      throw new RingmasterError('RM_UPGRADE', ['another upgrade is under way']);
    }
    const done = this.#leave(request);
    this.#underway = { token, done };
    try {
      return await done;
    } finally {
      this.#underway = undefined;
    }
  }

  /** All watchers are there again: tells what came of the upgrade that this program began with, if it did. */
  arrive(): void {
    const { log, failure } = this.#options;
    const note = this.#supervisor?.predecessor ?? null;
    if (note !== null) {
      const alive = new Set(this.#supervisor?.watchers().flatMap((watcher) => watcher.processes().map(({ pid }) => pid)));
      const { from, restarted } = note;
      const kept = note.pids.filter((pid) => alive.has(pid)).length;
      this.#upgraded = { from, to: version(), took_ms: monotonic_ms() - note.begun_ms, kept, restarted };
      if (failure === null) log.info(`upgraded from ${from} to ${version()}`, { ...this.#upgraded });
      else log.error(`cannot upgrade, version ${from} goes on: ${messageOf(failure)}`);
    }
    this.#arrived.resolve();
  }

  async #outcome(): Promise<Upgraded> {
    await this.#arrived.promise;
    const { failure } = this.#options;
    if (failure !== null) throw new RingmasterError('RM_UPGRADE', [messageOf(failure)], { cause: failure });
    return this.#upgraded ?? this.#refuse('the version before has left no word');
  }

  async #leave({ token, package: directory, restart_others = false }: UpgradeRequest): Promise<Upgraded> {
    const { program, config_file, log } = this.#options;
    const supervisor = this.#supervisor ?? this.#refuse('nothing runs yet');
    const mustKeep = (): void => {
      const lost = supervisor.notDurable();
      if (lost.length > 0 && !restart_others)
        throw new RingmasterError('RM_UPGRADE_RESTARTS', [lost.join(', ')], { context: { watchers: lost } });
    };
    mustKeep();
    const next = await checkNew(program, directory, config_file);
    mustKeep();
    log.info(`upgrading from ${version()} to ${next.version}`, { main: next.main });
    const left = supervisor.leave({ token: token ?? null, from: version(), begun_ms: monotonic_ms() });
    this.#left = left.then((os) => ({ program: next, os }));
    await left;
    return new Promise(() => {});
  }

  #refuse(why: string): never {
    throw new RingmasterError('RM_UPGRADE', [why]);
  }
}
