import { HOOKS, type HookHandle, type HookName } from '../hooks.js';
import { type AnyPlugin, definePlugin } from '../plugin.js';
import { signalName } from '../signals.js';
import type { OsAction } from './fake-os.js';
import type { VirtualClock } from './virtual-clock.js';

/** One thing that happened; plain data, so that two traces compare as JSON. */
export interface TraceEntry {
  /** On the virtual clock. */
  readonly at_ms: number;
  readonly kind: 'hook' | 'event' | OsAction['kind'];
  /** Of the hook, the event, the signal, the errno or the program. */
  readonly name: string;
  /** The rest, by what kind it is. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** Notes what happens to one supervisor, in order. */
export class Trace {
  readonly entries: TraceEntry[] = [];
  /** Taps every hook; to be given to the supervisor. */
  readonly plugin: AnyPlugin;
  readonly #clock: VirtualClock;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
    const names = Object.keys(HOOKS) as HookName[];
    this.plugin = definePlugin({
      name: 'trace',
      summary: 'Notes every hook for a test to look at.',
      schema: { type: 'object', additionalProperties: false, properties: {} },
      hooks: names,
      setup: ({ hooks }) => {
        for (const name of names) this.#tap(name, hooks[name]);
      },
    });
  }

  action(action: OsAction): void {
    const { at_ms, kind, ...data } = action;
    this.entries.push({ at_ms, kind, name: nameOf(action), data: 'request' in data ? { ...data, request: data.request.argv } : data });
  }

  #tap<N extends HookName>(name: N, handle: HookHandle<N>): void {
    const note = (...given: readonly unknown[]): undefined => this.#hook(name, given.at(-1));
    handle.tap(note as Parameters<HookHandle<N>['tap']>[0]);
  }

  #hook(hook: HookName, args: unknown): undefined {
    const at_ms = this.#clock.now();
    const data = Object.fromEntries(Object.entries(args ?? {}).map(([key, value]) => [key, plain(value)]));
    if (hook === 'event') this.entries.push({ at_ms, kind: 'event', name: String(data.name), data });
    else this.entries.push({ at_ms, kind: 'hook', name: hook, data });
    return undefined;
  }
}

function nameOf(action: OsAction): string {
  if (action.kind === 'spawn') return action.request.file;
  if (action.kind === 'spawn_failed') return action.errno;
  if (action.kind === 'signal') return signalName(action.signum);
  if (action.kind === 'exit') return action.exit.signal ?? `exit ${action.exit.exit_code}`;
  return String(action.pid);
}

/** Watchers and processes by their names; data as it is. */
function plain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if ('spec' in value && 'name' in value) return value.name;
  if ('watchers' in value) return 'a config';
  return structuredClone(value);
}
