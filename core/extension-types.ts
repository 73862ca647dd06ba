import type { TypeDeclaration } from './declared-types.js';

/** One figure of a metric. */
export interface MetricSample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Figures that somebody may ask for, for the extension point `metric`. */
export interface Metric {
  /** As Prometheus has it: unit and `_total` at the end. */
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge';
  /** The figures as they are now; asked for anew each time. */
  collect(): readonly MetricSample[] | PromiseLike<readonly MetricSample[]>;
}

/** A request over HTTP, as data. */
export interface RouteRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Empty where there is none. */
  readonly body: string;
  /** Aborted when whoever asked is gone. */
  readonly signal: AbortSignal;
}

/** The answer to a request over HTTP, as data. */
export interface RouteReply {
  /** 200 where none is given. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text as it is; anything else as JSON. */
  readonly body?: unknown;
}

export type RouteMethod = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** A page of the plugin `http`, for the extension point `route`. */
export interface HttpRoute {
  /** GET answers HEAD too. */
  readonly method: RouteMethod;
  /** Begins with a slash; matched whole. */
  readonly path: string;
  readonly summary: string;
  /** Served without the token of the plugin `http` too: for what holds nothing that is anybody's secret (default false). */
  readonly open?: boolean;
  handle(request: RouteRequest): RouteReply | PromiseLike<RouteReply>;
}

/** A part of the config that comes from elsewhere, for the extension point `config_source`. */
export interface ConfigPart {
  /** As in a config file, unchecked. */
  readonly watchers?: Readonly<Record<string, unknown>>;
  readonly sockets?: Readonly<Record<string, unknown>>;
  /** Environment of these watchers, over that of the config. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Where a part of the config comes from, for the extension point `config_source`. */
export interface ConfigPartSource {
  readonly name: string;
  readonly summary: string;
  /** The part as it is now; asked for whenever a config is read. Rejecting leaves everything as it was; at the start it fails that. */
  read(): ConfigPart | PromiseLike<ConfigPart>;
  /** Has `changed` called when `read` would give something else, until what is returned is disposed of. */
  watch?(changed: () => void): Disposable;
}

/** What a destination of output is told with each piece of it. */
export interface StreamPiece {
  readonly pid: number;
  readonly watcher: string;
  /** `stdout` or `stderr`. */
  readonly name: string;
}

/** Where output ends up. `data` is its to keep: whole lines, or a piece of one. A promise holds up whoever writes. */
export interface StreamSink {
  write(data: Uint8Array, info: StreamPiece): unknown;
  /** Opens what has a name again, after it was moved away. */
  reopen?(): void;
  close?(): unknown;
}

/** A type of destination for output, for the extension point `stream`; the plugin declares it under `streams` too. */
export interface StreamType extends TypeDeclaration {
  /**
   * Makes a destination for one output of one watcher.
   * @param options checked against `schema`, with its defaults
   */
  open(options: never, whose: Pick<StreamPiece, 'watcher' | 'name'>): StreamSink | PromiseLike<StreamSink>;
}

/** A way to look at something, for the extension point `probe`; the plugin declares it under `probes` too. */
export interface ProbeType extends TypeDeclaration {
  /**
   * One try: rejects where it fails. `signal` is aborted when its time is over.
   * @param options checked against `schema`, with its defaults
   */
  probe(options: never, signal: AbortSignal): Promise<unknown>;
}
