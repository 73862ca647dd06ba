import { isRingmasterError, messageOf } from '../../errors.js';
import type { AnyPlugin } from '../../plugin.js';
import { eventually } from '../eventually.js';
import { createHarness, type Harness } from '../harness.js';
import { LeakCheck } from '../leaks.js';
import { Interruption, type Point } from './interruption.js';
import { observed, type Site } from './observer.js';
import { pass } from './passing.js';

/** What came of one life of a plugin, from its setup to its end. */
export interface Life {
  /** What went wrong, each as a sentence. */
  readonly failures: readonly string[];
  /** What is left. */
  readonly leaks: readonly string[];
  readonly undeclared: ReadonlySet<string>;
  readonly touched: ReadonlySet<string>;
  /** Longest time, ms, for which a call of each site held up everything. */
  readonly blocked_ms: ReadonlyMap<Site, number>;
  /** Whether the plugin was closed at the point that was asked for. */
  readonly reached: boolean;
}

export interface LifeOptions {
  readonly plugin: AnyPlugin;
  readonly options: Readonly<Record<string, unknown>>;
  /** Options of other plugins, as in a config. */
  readonly others: Readonly<Record<string, unknown>>;
  /** Where it is closed; its whole life is lived where there is none. */
  readonly point?: Point;
  /** How often it is set up anew. */
  readonly rounds: number;
}

const LEAK_DEADLINE_MS = 1000;
const HANGUP = 1;
/** Any change of any option has a plugin set up anew. */
const FIRST_BUDGET = 100;

/** Lets a plugin live once on a fake operating system, where processes start, die, are signalled and asked for. */
export async function live({ plugin, options, others, point, rounds }: LifeOptions): Promise<Life> {
  const failures: string[] = [];
  const undeclared = new Set<string>();
  const touched = new Set<string>();
  const blocked_ms = new Map<Site, number>();
  let closing: Promise<unknown> | undefined;
  const interruption = point === undefined ? undefined : new Interruption(point, () => void close());
  const guarded = observed(plugin, {
    called(site, blocked, result) {
      blocked_ms.set(site, Math.max(blocked, blocked_ms.get(site) ?? 0));
      interruption?.called(site, result);
    },
    touched: (part) => void touched.add(part),
    undeclared: (hook) => void undeclared.add(hook),
  });

  using unhandled = unhandledFailures(failures);
  const check = new LeakCheck();
  await turns();
  check.begin();
  const harness = createHarness({ config: configFor(plugin, options, others), plugins: [guarded] });
  const { supervisor } = harness;
  const close = (): void => {
    const removable = point?.site !== 'setup' && plugin.applies !== 'daemon' && supervisor.state !== 'stopping';
    closing = removable ? supervisor.removePlugin(plugin.name) : supervisor.stop();
    closing.then(undefined, (error: unknown) => {
      if (!isRingmasterError(error, 'RM_CLOSED')) failures.push(`closing it failed: ${messageOf(error)}`);
    });
  };
  try {
    await run(harness, plugin, rounds);
  } catch (error) {
    if (!interruption?.reached || !isRingmasterError(error)) failures.push(explainFailure(error));
  }
  try {
    await pass(harness, supervisor.stop());
    if (closing !== undefined)
      await pass(
        harness,
        closing.then(undefined, () => undefined),
      );
  } catch (error) {
    failures.push(`stopping failed: ${messageOf(error)}`);
  }
  check.end();
  await turns();
  failures.push(...reported(harness, plugin.name, interruption?.reached === true));
  const leaks = await leaksOf(check, harness);
  unhandled[Symbol.dispose]();
  return { failures, leaks, undeclared, touched, blocked_ms, reached: interruption?.reached ?? false };
}

function configFor(plugin: AnyPlugin, options: LifeOptions['options'], others: LifeOptions['others']): Readonly<Record<string, unknown>> {
  const own = (value: unknown): object => (plugin.per_watcher === true ? { plugins: { [plugin.name]: value } } : {});
  return {
    watchers: {
      web: { cmd: 'web', numprocesses: 2, graceful_timeout: 1, ...own({}) },
      other: { cmd: 'other', ...own(false) },
    },
    plugins: { ...others, [plugin.name]: options },
  };
}

/** Everything that happens to a supervisor, once; to a plugin that is removed meanwhile, less of it. */
async function run(harness: Harness, plugin: AnyPlugin, rounds: number): Promise<void> {
  const { supervisor, os, clock } = harness;
  await pass(harness, supervisor.start());
  const web = supervisor.find('web');
  const [pid] = web?.processes() ?? [];
  if (web === undefined || pid === undefined) return;
  os.exit(pid.pid, { exit_code: 1, signal: null });
  await clock.advanceAsync(2000);
  for (const process of web.processes()) await pass(harness, supervisor.extendStats(web, process, {}));
  web.signal(HANGUP);
  supervisor.add('extra', { cmd: 'extra' });
  await pass(harness, supervisor.remove('extra'));
  for (let round = 0; round < rounds && canChange(plugin); round++) {
    if (!supervisor.plugins().some(({ name }) => name === plugin.name)) break;
    await pass(harness, supervisor.reconfigurePlugin(plugin.name, { fault_budget: FIRST_BUDGET + round }));
  }
  await pass(harness, web.restart());
}

const canChange = ({ applies = 'live' }: AnyPlugin): boolean => applies === 'live';

function reported({ lines, supervisor }: Harness, name: string, closed: boolean): readonly string[] {
  const errors = supervisor.plugins().find((status) => status.name === name)?.errors ?? [];
  const logged = lines.filter(({ fields }) => fields.plugin === name && typeof fields.code === 'string').map(({ message }) => message);
  // A setup that is closed half-way may say so; an end that fails may not.
  return [...errors, ...logged].filter((text) => !closed || / closing/.test(text));
}

async function leaksOf(check: LeakCheck, { clock }: Harness): Promise<readonly string[]> {
  const left = (): string => {
    check.assertNone();
    const [timer] = clock.pending;
    if (timer !== undefined) throw new Error(`a ${timer.kind} that is due in ${timer.due_in_ms} ms`);
    return 'nothing';
  };
  try {
    await eventually(left, { deadline_ms: LEAK_DEADLINE_MS });
    return [];
  } catch (error) {
    const why = error instanceof Error && error.cause !== undefined ? messageOf(error.cause) : messageOf(error);
    return why.split('\n').filter((line) => !/^\s+at /.test(line));
  }
}

function explainFailure(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? `: ${messageOf(error.cause)}` : '';
  return `${messageOf(error)}${cause}`;
}

/** Takes note of what nobody has caught, until disposed of. */
function unhandledFailures(failures: string[]): Disposable {
  const note = (error: unknown): void => void failures.push(`a promise was rejected, and nobody caught it: ${messageOf(error)}`);
  process.on('unhandledRejection', note);
  return { [Symbol.dispose]: () => void process.off('unhandledRejection', note) };
}

/** Time for what was rejected to be told of, and for handles to close. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}
