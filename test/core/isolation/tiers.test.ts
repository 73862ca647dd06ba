import { resolve } from 'node:path';
import { expect } from 'chai';
import { Supervisor, type SupervisorEvent } from '../../../core/index.js';
import { eventually, type LogLine, noLeaks, recordEvents, recordingLogger } from '../../../core/testing.js';

const FACTS = resolve('test/fixtures/plugins/isolation/facts.js');

interface Seen {
  readonly facts: readonly string[];
  readonly failures: readonly string[];
  readonly logged: readonly string[];
  readonly vetoed: string | undefined;
}

const factOf = (event: SupervisorEvent): readonly string[] => (event.name === 'check_recovered' ? [event.body.name] : []);

/** Everything that can be seen of the plugin from outside, in no order. */
async function seen(isolation: string): Promise<Seen> {
  const record = recordEvents();
  const lines: LogLine[] = [];
  const config = {
    check_delay: 3,
    watchers: {
      web: { cmd: 'sleep 86400', numprocesses: 2, priority: 2, plugins: { facts: { greeting: 'own' } } },
      off: { cmd: 'sleep 86400', priority: 1, plugins: { facts: false } },
      vetoed: { cmd: 'sleep 86400', autostart: false },
    },
    plugins: { [FACTS]: { greeting: 'hi', isolation } },
  };
  await using supervisor = new Supervisor(config, { plugins: [record.plugin], log: recordingLogger(lines) });
  await supervisor.start();
  const facts = (): string[] => record.events.flatMap(factOf);
  const isLogged = (text: string): boolean => lines.some(({ message }) => message.includes(text));
  await eventually(() => facts().includes('over') && facts().includes('timer') && isLogged('boom in a timer'));
  const vetoed = (await supervisor.find('vetoed')?.start())?.instead;
  await supervisor.stop();
  const failures = record.events.flatMap((event) => (event.name === 'hook_failure' ? [`${event.body.name} ${event.body.error}`] : []));
  const logged = lines.filter(({ level }) => level === 'error').map(({ message }) => message);
  return { facts: facts().sort(), failures, logged, vetoed };
}

describe('a plugin under each tier', () => {
  noLeaks();
  let inDaemon: Seen;

  before(async () => {
    inDaemon = await seen('none');
  });

  it('finds in the daemon what it is to find elsewhere', () => {
    expect(inDaemon.facts).to.include.members([
      'setup: hi true 0 false true',
      'before_start web own 2',
      'before_start off off 1',
      'ready: running web active,off active,vetoed stopped 3',
      'views: true web 2 1 false,2 false',
      'incr: 3 3 3 true',
      'stats: {"pid":1,"more":"web 2"}',
      'unknown: RM_WATCHER_UNKNOWN: program nobody not found',
      'event web number 7',
      'wanted web updated',
      'set: 7',
      'late: active 1',
      'removed: true stopped',
      'spawn_options web true',
    ]);
    expect(inDaemon.failures).to.deep.equal(['before_stop boom in a step']);
    expect(inDaemon.vetoed).to.include('not today');
  });

  for (const tier of ['worker', 'process']) {
    it(`does the same as a ${tier}`, async () => {
      expect(await seen(tier)).to.deep.equal(inDaemon);
    });
  }
});
