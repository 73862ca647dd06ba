import { type Config, explain, isRingmasterError, type Logger, type SupervisorApi } from '../../core/index.js';

/** Has the config taken over again after a source has changed: one time after the other, and as often as it takes. */
export class Reloader {
  readonly #supervisor: SupervisorApi;
  readonly #log: Logger;
  #under_way = false;
  #again = false;

  constructor(supervisor: SupervisorApi, log: Logger) {
    this.#supervisor = supervisor;
    this.#log = log;
  }

  /** @param base what to apply where there is no config file */
  request(base: Config): void {
    this.#again = true;
    if (!this.#under_way) void this.#run(base);
  }

  async #run(base: Config): Promise<void> {
    this.#under_way = true;
    while (this.#again && this.#supervisor.state !== 'stopping' && this.#supervisor.state !== 'stopped') {
      this.#again = false;
      try {
        await this.#apply(base);
      } catch (error) {
        if (!isRingmasterError(error, 'RM_CLOSED'))
          this.#log.error(`a source of the config has changed, and everything runs as before: ${explain(error)}`);
      }
    }
    this.#under_way = false;
  }

  async #apply(base: Config): Promise<void> {
    try {
      await this.#supervisor.reloadConfig();
    } catch (error) {
      if (!isRingmasterError(error, 'RM_NO_CONFIG_FILE')) throw error;
      await this.#supervisor.apply(base, { keep_drift: true });
    }
  }
}
