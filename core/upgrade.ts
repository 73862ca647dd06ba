/** How a supervisor is to be replaced by another version in its own process. */
export interface UpgradeRequest {
  /** Known again by the version that answers: a request with the same one is the same request. */
  readonly token?: string;
  /** Directory of the package to go on with (that of the program that runs). */
  readonly package?: string;
  /** Restart the processes of watchers that are not durable, instead of refusing. */
  readonly restart_others?: boolean;
}

/** What came of an upgrade, as the new version tells it. */
export interface Upgraded {
  /** Versions. */
  readonly from: string;
  readonly to: string;
  /** From the end of the old version's work to the start of the new one's. */
  readonly took_ms: number;
  /** How many processes went on as if nothing had happened. */
  readonly kept: number;
  /** Names of the watchers whose processes were restarted. */
  readonly restarted: readonly string[];
}

/** What a version that goes leaves word of, in the journal, for the one that comes. */
export interface UpgradeNote {
  readonly token: string | null;
  readonly from: string;
  /** When it began, on the monotonic clock of the machine, in milliseconds. */
  readonly begun_ms: number;
  /** Pids of the processes that are to go on. */
  readonly pids: readonly number[];
  /** Names of the watchers whose processes were ended for it. */
  readonly restarted: readonly string[];
}
