import { Deferred } from '../deferred.js';
import { explain, messageOf } from '../errors.js';
import { type Logger, silentLogger } from '../log.js';
import type { Supervisor } from '../supervisor.js';
import { waitsFor } from './daemon-report.js';
import type { SignalActions } from './daemon-signals.js';
import { EXIT_STATUS } from './exit-status.js';
import type { DaemonLog } from './pino-log.js';

/** How long children get to end after an error that nobody expected, ms. */
const CRASH_STOP_MS = 10_000;

/**
 * What signals and unexpected errors do to the daemon, from before there is a supervisor to after its end.
 *
 * A stop that is asked for before there is a supervisor is kept: `stopping` tells.
 */
export class DaemonControl implements SignalActions {
  #log: Logger = silentLogger;
  #reopen: () => void = () => {};
  #supervisor: Supervisor | undefined;
  #stopping = false;
  readonly #asked = new Deferred();
  #status: number = EXIT_STATUS.ok;

  /** Whether the daemon was asked to stop. */
  get stopping(): boolean {
    return this.#stopping;
  }

  /** Resolves when the daemon is asked to stop. */
  get asked(): Promise<void> {
    return this.#asked.promise;
  }

  /** What to exit with when the supervisor has stopped. */
  get status(): number {
    return this.#status;
  }

  /** Where the daemon's messages go now. */
  get log(): Logger {
    return this.#log;
  }

  useLog({ log, reopen }: Pick<DaemonLog, 'log' | 'reopen'>): void {
    this.#log = log;
    this.#reopen = reopen;
  }

  useSupervisor(supervisor: Supervisor): void {
    this.#supervisor = supervisor;
  }

  stop(name: NodeJS.Signals): void {
    if (this.#stopping) {
      this.#log.info(`got ${name}, still waiting for ${waitsFor(this.#supervisor?.watchers() ?? [])}`);
      return;
    }
    this.#log.info(`got ${name}, stopping`);
    this.#stop();
  }

  reload(name: NodeJS.Signals): void {
    this.#reopen();
    if (this.#stopping || this.#supervisor?.state !== 'running') {
      this.#log.info(`got ${name}, log reopened; nothing is running to reload`);
      return;
    }
    this.#log.info(`got ${name}, reloading all watchers`);
    this.#supervisor.reloadWatchers({ graceful: true }).then(
      ({ started, stopped, instead }) => this.#log.info('reloaded', { started, stopped, ...(instead !== undefined && { instead }) }),
      (error: unknown) => this.#log.error(`reload failed: ${messageOf(error)}`),
    );
  }

  upgrade(name: NodeJS.Signals): void {
    if (this.#stopping || this.#supervisor?.state !== 'running') {
      this.#log.info(`got ${name}, nothing is running to upgrade`);
      return;
    }
    this.#log.info(`got ${name}, upgrading`);
    this.#supervisor.upgrade().catch((error: unknown) => this.#log.error(explain(error)));
  }

  /** For what was thrown and caught by nobody: says so, ends the children as far as that can be, and the process. */
  crash(error: unknown): void {
    this.#status = EXIT_STATUS.internal;
    const stack = error instanceof Error ? error.stack : undefined;
    this.#log.error(`unexpected error, please report it: ${messageOf(error)}`, { ...(stack !== undefined && { stack }) });
    if (this.#supervisor === undefined) {
      process.stderr.write(`unexpected error, please report it: ${stack ?? messageOf(error)}\n`);
      process.exit(this.#status);
    }
    const supervisor = this.#supervisor;
    const end = (): void => {
      supervisor.killAll();
      process.exit(this.#status);
    };
    setTimeout(end, CRASH_STOP_MS).unref();
    // What threw may throw again; then nobody but the kernel can end the children.
    supervisor.stop().catch(end);
    if (!this.#stopping) this.#stop();
  }

  #stop(): void {
    this.#stopping = true;
    this.#asked.resolve();
    this.#supervisor?.stop().catch((error: unknown) => {
      this.#status = EXIT_STATUS.failed;
      this.#log.error(`stopped with errors: ${messageOf(error)}`);
    });
  }
}
