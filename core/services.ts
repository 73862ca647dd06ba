import type { WatcherApi } from './api.js';

/** What is published at an address of its own: two frames for each message, its topic and its body as JSON. */
export interface Publication {
  /** The address as clients need it. */
  readonly endpoint: string;
  /** Whether anybody listens to topics that begin with this, or to some of them. */
  isWanted(topic: string): boolean;
  /** Never waits, never throws: what a subscriber can't take is dropped for it. */
  publish(topic: string, body: object): void;
}

/** The service `publications` of the control plugin. */
export interface Publications {
  /**
   * Opens the statistics endpoint, which `globaloptions` tells from then on; whoever opened it closes it.
   *
   * @param endpoint ZeroMQ address; beside the control endpoint where it is null
   * @throws RM_ENDPOINT_BIND
   */
  openStats(endpoint: string | null): Promise<Publication & { close(): Promise<void> }>;
}

/** The service `endpoints` of the control plugin: addresses as clients on this machine need them. */
export interface Endpoints {
  readonly endpoint: string;
  readonly pubsub_endpoint: string;
  /** The same as they are bound at the moment, `tcp://0.0.0.0:5555` say. */
  readonly bound: BoundEndpoints;
}

/** Where a plugin's figures go. */
export interface StatsdTarget {
  /** Part of every name: `circus.APPLICATION.watcher.…`. */
  readonly application_name: string;
  readonly host: string;
  readonly port: number;
  /** Above 0, at most 1: that share of counters and timings is sent. */
  readonly sample_rate: number;
  /** DogStatsD tags, `env:prod,role:web`; empty: none. */
  readonly tags: string;
}

/** Sends figures by UDP. Never waits and never throws; what can't be sent is lost. */
export interface StatsdClient {
  increment(name: string): void;
  gauge(name: string, value: number | string): void;
  timing(name: string, value_ms: number): void;
  close(): Promise<void>;
}

/** The service `statsd_client` of the plugin of that name. */
export interface StatsdClients {
  /** Whoever opens a client closes it. */
  open(target: StatsdTarget): StatsdClient;
  /** For plugins whose watchers may have targets of their own; whoever asked for it closes it. */
  pool(): StatsdPool;
}

/** Clients by where they send to: watchers that have the same have one. */
export interface StatsdPool {
  to(target: StatsdTarget): StatsdClient;
  close(): Promise<void>;
}

/** What is looked at again and again, and what follows when it fails. */
export interface Check<T = unknown> {
  /** For the log and events. */
  readonly name: string;
  /** Milliseconds from the beginning of one try to the next; never two at once. */
  readonly loop_rate_ms: number;
  readonly timeout_ms: number;
  /** How many failures in a row it takes to act. */
  readonly failures: number;
  readonly action: CheckAction;
  /** Name of the watcher that the action is for; null: failures are only logged. */
  readonly watcher: string | null;
  /** One try: rejects where it fails. `signal` is aborted when its time is over. */
  probe(signal: AbortSignal): Promise<T>;
  passed(value: T, took_ms: number): void;
  failed(error: unknown): void;
  /** The watcher is about to be restarted or stopped, or an event to be told. */
  acts(): void;
}
export type CheckAction = 'restart' | 'stop' | 'event';

/** Options of a plugin that has things looked at and sends figures of them. */
export interface ObserverOptions extends StatsdTarget {
  /** Seconds, for checks that have none of their own. */
  readonly loop_rate: number;
  readonly timeout: number;
}

/** One check of an observer. */
export interface ObservedCheck {
  /** Part of its figures, and what it is known by; null: the one that has no name. */
  readonly name: string | null;
  /** For the log and events. */
  readonly title: string;
  /** Options of the probe, checked. */
  readonly options: object;
  /** Seconds. */
  readonly loop_rate?: number;
  readonly timeout?: number;
  readonly failures: number;
  readonly action: CheckAction;
  readonly watcher: string | null;
}

/** Figures of one check, under its name. */
export type CheckFigures = Pick<StatsdClient, 'increment' | 'gauge' | 'timing'>;

/** What is looked at for a plugin and for watchers with options of their own for it. */
export interface Observer<O extends ObserverOptions = ObserverOptions> {
  /** Type of probe. */
  readonly type: string;
  /** What the names of figures begin with. */
  readonly figures: string;
  /** Of the plugin itself. */
  readonly config: O;
  configFor(watcher: WatcherApi): O | null;
  readonly statsd: StatsdPool;
  /** Decides from what it is given. */
  checks(options: O): readonly ObservedCheck[];
  passed(figures: CheckFigures, value: unknown, took_ms: number): void;
  /** Besides the counter `error`. */
  failed?(figures: CheckFigures, error: unknown): void;
}

/** The service `checks` of the plugin of that name. */
export interface Checks {
  /** Begins one loop_rate from now; goes on until what is returned is disposed of. */
  start<T>(check: Check<T>): AsyncDisposable;
  /**
   * One try of a type that the plugin itself or others have added to the extension point `probe`.
   *
   * @param options as its schema has them, checked
   * @throws RM_PLUGIN_FAILED where there is no such type
   */
  probe(type: string, options: object): (signal: AbortSignal) => Promise<unknown>;
  /**
   * Keeps the checks of an observer running until what is returned is disposed of: those of its own options, but for watchers that have
   * switched it off, and those of watchers' own options, which act on that watcher unless they name another.
   */
  observe<O extends ObserverOptions>(observer: Observer<O>): AsyncDisposable;
}

/** Addresses as they are bound. */
export interface BoundEndpoints {
  readonly endpoint: string;
  readonly pubsub_endpoint: string;
  /** Null where no statistics are published. */
  readonly stats_endpoint: string | null;
}
