import { type AnyPlugin, definePlugin, type HookName, type OptionsSchema, type SupervisorApi, type WatcherApi } from '../../core/index.js';
import type { Random } from './random.js';
import { type HookFault, NAMES } from './scenario.js';

/** Hooks that are told, or asked something that has nothing to do with their answer. */
const TOLD = [
  'before_stop',
  'after_stop',
  'after_signal',
  'before_reap',
  'after_reap',
  'state_changed',
  'event',
  'watcher_added',
  'watcher_removed',
  'config_applying',
  'config_applied',
  'config_refused',
  'ready',
  'before_shutdown',
  'shutdown',
] as const satisfies readonly HookName[];
const GATES = ['before_start', 'after_start', 'before_spawn', 'after_spawn', 'before_signal'] as const satisfies readonly HookName[];

/** One for all worlds: it is compiled once. */
const SCHEMA = {
  type: 'object',
  additionalProperties: false,
  properties: { turn: { type: 'integer', description: 'Counts.', default: 0 } },
} as const satisfies OptionsSchema;

export interface HostileWorld {
  readonly random: Random;
  /** Whether the trouble is over. */
  over(): boolean;
  readonly faults: readonly HookFault[];
  /** From 0 to 1. */
  readonly rate: number;
  trace(line: string): void;
  /** A request that a hook has made. */
  asked(what: string, answer: Promise<unknown>): void;
}

/** A plugin whose taps do whatever a scenario allows. */
export function hostilePlugin(world: HostileWorld): AnyPlugin {
  const { random } = world;
  return definePlugin({
    name: 'hostile',
    summary: 'Misbehaves.',
    schema: SCHEMA,
    hooks: [...TOLD, ...GATES, 'spawn_options', 'respawn'],
    async setup({ hooks, clock, supervisor }) {
      const slow = (): Promise<void> => new Promise((resolve) => void clock.setTimeout(resolve, random.pick([0, 1, 100, 1500, 6000])));
      /** What a tap answers with; undefined for most of the time. */
      const misbehave = (hook: string, veto: unknown, rubbish: unknown): unknown => {
        if (world.over() || !random.chance(world.rate) || world.faults.length === 0) return undefined;
        const fault = random.pick(world.faults);
        world.trace(`hook ${hook} ${fault}`);
        switch (fault) {
          case 'throws':
            throw new Error(`${hook} throws`);
          case 'rejects':
            return Promise.reject(new Error(`${hook} rejects`));
          case 'hangs':
            return new Promise(() => {});
          case 'slow':
            return slow().then(() => (random.chance(0.3) ? veto : undefined));
          case 'vetoes':
            return veto;
          case 'rubbish':
            return rubbish;
          case 'asks':
            ask(world, supervisor);
            return undefined;
        }
      };
      for (const name of TOLD) hooks[name].tap(() => misbehave(name, undefined, 7));
      for (const name of GATES) hooks[name].tap(() => misbehave(name, { veto: 'it is hostile' }, 7) as undefined);
      hooks.spawn_options.tap((options) => misbehave('spawn_options', options, { argv: 5 }) as undefined);
      hooks.respawn.tap(
        () => misbehave('respawn', random.pick(DECISIONS), { action: 'dance' }) as undefined,
        random.chance(0.5) ? { awaited: true, deadline_ms: 100 } : {},
      );
      if (!world.over() && world.faults.includes('slow') && random.chance(0.2)) await slow();
      if (!world.over() && world.faults.includes('throws') && random.chance(world.rate / 4)) throw new Error('setup throws');
    },
  });
}

const DECISIONS = [
  { action: 'respawn', delay_ms: 700, reason: 'hostile' },
  { action: 'pause', delay_ms: 1500, reason: 'hostile' },
  { action: 'give_up', reason: 'hostile' },
];

const REQUESTS: Readonly<Record<string, (watcher: WatcherApi) => Promise<unknown>>> = {
  start: (watcher) => watcher.start(),
  stop: (watcher) => watcher.stop(),
  restart: (watcher) => watcher.restart(),
  reload: (watcher) => watcher.reload(),
  kill: (watcher) => watcher.kill(),
  incr: (watcher) => watcher.setNumprocesses(Math.min(4, watcher.numprocesses + 1)),
};

/** A hook asks for something while it is called. */
function ask({ random, asked, trace }: HostileWorld, supervisor: SupervisorApi): void {
  const watcher = supervisor.find(random.pick(NAMES));
  const request = random.pick(Object.keys(REQUESTS));
  if (watcher === undefined) return;
  trace(`  it asks to ${request} ${watcher.name}`);
  asked(`${request} ${watcher.name} by a hook`, REQUESTS[request]?.(watcher) ?? Promise.resolve());
}
