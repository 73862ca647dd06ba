import { type Config, explain, isRingmasterError, type Logger, type SupervisorApi } from '../../core/index.js';

/** Has the config taken over again after a source has changed: one time after the other, and as often as it takes. */
export class Reloader {
  readonly #supervisor: SupervisorApi;
  readonly #log: Logger;
  readonly #base: () => Config | null;
  #under_way = false;
  #again = false;

  /** @param base what to apply where there is no config file; null: nothing yet */
  constructor(supervisor: SupervisorApi, log: Logger, base: () => Config | null) {
    this.#supervisor = supervisor;
    this.#log = log;
    this.#base = base;
  }

  request(): void {
    if (this.#base() === null) return;
    this.#again = true;
    if (!this.#under_way) void this.#run();
  }

  async #run(): Promise<void> {
    this.#under_way = true;
    while (this.#again && this.#supervisor.state !== 'stopping' && this.#supervisor.state !== 'stopped') {
      this.#again = false;
      try {
        await this.#apply();
      } catch (error) {
        if (!isRingmasterError(error, 'RM_CLOSED'))
          this.#log.error(`a source of the config has changed, and everything runs as before: ${explain(error)}`);
      }
    }
    this.#under_way = false;
  }

  async #apply(): Promise<void> {
    try {
      await this.#supervisor.reloadConfig();
    } catch (error) {
      if (!isRingmasterError(error, 'RM_NO_CONFIG_FILE')) throw error;
      const base = this.#base();
      if (base !== null) await this.#supervisor.apply(base, { keep_drift: true });
    }
  }
}
