import { Random } from './random.js';

/** What can go wrong with processes. */
export const PROCESS_FAULTS = [
  'spawn_fails',
  'told_late',
  'dies_early',
  'dies_slowly',
  'deaf',
  'leaves_group',
  'zombie',
  'unkillable',
] as const;
export type ProcessFault = (typeof PROCESS_FAULTS)[number];
/** What a hook can do besides nothing. */
export const HOOK_FAULTS = ['throws', 'rejects', 'hangs', 'slow', 'vetoes', 'rubbish', 'asks'] as const;
export type HookFault = (typeof HOOK_FAULTS)[number];

/** Where the supervisor dies: now, at its next spawn, or in the middle of the next line of its journal. */
export type CrashPlace = 'now' | 'before_spawn' | 'after_spawn' | 'in_journal';

/** Something that happens once. */
export type Deed =
  | { readonly do: 'request'; readonly command: string; readonly properties: Readonly<Record<string, unknown>> }
  | { readonly do: 'apply'; readonly config: object; readonly graceful: boolean }
  /** One of the live processes ends by itself. */
  | { readonly do: 'die'; readonly nth: number; readonly exit_code: number }
  | { readonly do: 'jump_wall'; readonly by_ms: number }
  | { readonly do: 'crash'; readonly where: CrashPlace; readonly down_ms: number; readonly bytes: number }
  | { readonly do: 'stop' }
  | { readonly do: 'start' };

/** A deed and its moment. */
export type Step = Deed & {
  readonly at_ms: number;
  /** How many awaits are let go on before it, after the last timer. */
  readonly ticks: number;
  /** Not at that time itself but right after the next timer that is due then. */
  readonly after_timer: boolean;
};

/** Everything that a run is made of: the same scenario has the same run. */
export interface Scenario {
  readonly seed: number;
  readonly config: object;
  readonly process_faults: readonly ProcessFault[];
  /** From 0 to 1: how often a process has one. */
  readonly process_rate: number;
  readonly hook_faults: readonly HookFault[];
  readonly hook_rate: number;
  readonly steps: readonly Step[];
}

/** Each name has its own, always: what must not be killed sooner. Seconds. */
export const GRACE_S: Readonly<Record<string, number>> = { a: 0.3, b: 1, c: 2, d: 0.7 };
export const NAMES = Object.keys(GRACE_S);
/** What `kill` may shorten the time to, seconds. */
export const SHORT_GRACE_S = 0.1;
/** How long deeds are done and faults happen. */
export const TROUBLE_MS = 20_000;

/** Two that are held open over a crash, until a config is applied that has none. */
const SOCKETS = { tcp: { host: '127.0.0.1', port: 0 }, unix: { path: '/run/sim' } };
const SIGNALS = ['HUP', 'USR1', 'TERM', 'KILL', 'INT', 'CONT'];

export function makeScenario(seed: number): Scenario {
  const random = new Random(seed);
  const calm = random.chance(0.15);
  const steps = Array.from({ length: random.between(1, 30) }, () => step(random));
  return {
    seed,
    config: config(random),
    process_faults: calm ? [] : random.some(PROCESS_FAULTS, 0.4),
    process_rate: random.pick([0.05, 0.3, 0.8]),
    hook_faults: calm ? [] : random.some(HOOK_FAULTS, 0.35),
    hook_rate: random.pick([0.01, 0.1, 0.5]),
    steps: steps.sort((a, b) => a.at_ms - b.at_ms),
  };
}

/** The same for a durable supervisor that crashes now and then. */
export function makeCrashScenario(seed: number): Scenario {
  const scenario = makeScenario(seed);
  const random = new Random(seed + 7);
  const crashes = Array.from({ length: random.between(1, 6) }, (): Step => {
    const where = random.pick(['now', 'now', 'before_spawn', 'after_spawn', 'in_journal'] as const);
    const when = { at_ms: moment(random), ticks: random.between(0, 40), after_timer: random.chance(0.4) };
    return { do: 'crash', where, down_ms: random.pick([0, 0, 100, 3000]), bytes: random.between(0, 120), ...when };
  });
  return {
    ...scenario,
    config: { ...scenario.config, durable: true, state_dir: '/state', sockets: random.chance(0.5) ? SOCKETS : {} },
    // The kernel makes a process within the call, however late that is told.
    process_faults: scenario.process_faults.filter((fault) => fault !== 'told_late'),
    steps: [...scenario.steps, ...crashes].sort((a, b) => a.at_ms - b.at_ms),
  };
}

function step(random: Random): Step {
  const at_ms = moment(random);
  return { ...deed(random), at_ms, ticks: random.chance(0.5) ? random.between(0, 40) : 0, after_timer: random.chance(0.4) };
}

/** Many at once, so that they meet. */
function moment(random: Random): number {
  return random.chance(0.5) ? random.between(0, 20) * 50 : random.between(0, TROUBLE_MS);
}

function deed(random: Random): Deed {
  const chance = random.number();
  if (chance < 0.12) return { do: 'die', nth: random.between(0, 20), exit_code: random.pick([0, 1, -9, -11]) };
  if (chance < 0.17) return { do: 'apply', config: config(random), graceful: random.chance(0.5) };
  if (chance < 0.2) return { do: 'stop' };
  if (chance < 0.24) return { do: 'start' };
  if (chance < 0.27) return { do: 'jump_wall', by_ms: random.pick([-86_400_000, -1500, 3_600_000]) };
  const command = random.pick(Object.keys(PROPERTIES));
  return { do: 'request', command, properties: { ...PROPERTIES[command]?.(random), waiting: random.chance(0.5) } };
}

const one = (random: Random): { readonly name: string } => ({ name: random.pick(NAMES) });
const oneOrAll = (random: Random): { readonly name?: string } => (random.chance(0.7) ? one(random) : {});

/** What each command is sent with. */
const PROPERTIES: Readonly<Record<string, (random: Random) => Readonly<Record<string, unknown>>>> = {
  start: oneOrAll,
  stop: oneOrAll,
  restart: oneOrAll,
  reload: (random) => ({ ...oneOrAll(random), graceful: random.chance(0.8), sequential: random.chance(0.4) }),
  incr: (random) => ({ ...one(random), nb: random.between(1, 3) }),
  decr: (random) => ({ ...one(random), nb: random.between(1, 3) }),
  set: (random) => ({ ...one(random), options: random.pick(OPTIONS)(random) }),
  add: (random) => {
    const name = random.pick(NAMES);
    const { cmd, ...options } = watcher(name, random);
    return { name, cmd, options, start: random.chance(0.7) };
  },
  rm: (random) => ({ ...one(random), nostop: random.chance(0.2) }),
  kill: (random) => ({ ...one(random), ...random.pick([{}, { signum: 'INT' }, { signum: 'KILL' }, { graceful_timeout: SHORT_GRACE_S }]) }),
  signal: (random) => ({ ...one(random), signum: random.pick(SIGNALS), recursive: random.chance(0.3) }),
  status: oneOrAll,
  list: oneOrAll,
  numprocesses: oneOrAll,
  plugin_remove: () => ({ name: 'hostile' }),
  plugin_add: () => ({ name: 'hostile' }),
  plugin_reconfigure: (random) => ({ name: 'hostile', options: { turn: random.between(1, 1000) } }),
  quit: () => ({}),
};

const OPTIONS: readonly ((random: Random) => Readonly<Record<string, unknown>>)[] = [
  (random) => ({ numprocesses: random.between(0, 4) }),
  (random) => ({ env: { GENERATION: String(random.between(1, 1000)) } }),
  (random) => ({ warmup_delay: random.pick([0, 0.2]) }),
  (random) => ({ max_age: random.pick([0, 5]) }),
  (random) => ({ stop_children: random.chance(0.5) }),
  (random) => ({ respawn: random.chance(0.7) }),
  (random) => ({ max_retry: random.pick([-1, 1, 5]) }),
  (random) => ({ singleton: random.chance(0.5) }),
];

function config(random: Random): object {
  const names = NAMES.filter((_, index) => index === 0 || random.chance(0.5));
  return {
    watchers: Object.fromEntries(names.map((name) => [name, watcher(name, random)])),
    warmup_delay: random.pick([0, 0, 0.3]),
    plugin_fault_budget: random.pick([0, 5]),
    check_delay: random.pick([5, -1]),
  };
}

function watcher(name: string, random: Random): { readonly cmd: string } & Readonly<Record<string, unknown>> {
  const rare = <T>(value: T): T | undefined => (random.chance(0.15) ? value : undefined);
  const singleton = rare(true);
  const options = {
    numprocesses: random.between(0, singleton ? 1 : 3),
    priority: random.between(0, 2),
    warmup_delay: rare(0.2),
    singleton,
    respawn: rare(false),
    max_age: rare(4),
    max_age_variance: 1,
    stop_children: rare(true),
    send_hup: rare(true),
    max_retry: rare(random.pick([-1, 1])),
    autostart: rare(false),
    env: rare({ GENERATION: '1' }),
  };
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return { cmd: `${name} $(circus.wid)`, graceful_timeout: GRACE_S[name], ...Object.fromEntries(given) };
}
