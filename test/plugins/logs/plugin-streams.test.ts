import { expect } from 'chai';
import { checkWatcher, checkWatcherChange } from '../../../core/config/index.js';
import { type AnyPlugin, checkConfig, definePlugin, type StreamSink, type StreamType, Supervisor } from '../../../core/index.js';
import { eventually, type LogLine, noLeaks, recordEvents, recordingLogger, rejects } from '../../../core/testing.js';
import logs from '../../../plugins/logs/index.js';

const declared = {
  name: 'journal',
  summary: 'The journal.',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['tag'],
    properties: {
      tag: { type: 'string' },
      level: { enum: ['info', 'warn'], default: 'info' },
      keep: { type: ['number', 'string'], quantity: 'duration', default: '1m' },
    },
  },
} as const;

/** A plugin with the type `journal`. */
function journal(open: (options: unknown, whose: unknown) => unknown): AnyPlugin {
  return definePlugin({
    name: 'journald',
    summary: 'Has a type of destination.',
    schema: { type: 'object', properties: {} },
    streams: [declared],
    setup: ({ extend }) => void extend('stream', { ...declared, open: open as StreamType['open'] }),
  });
}

const config = (stdout: unknown) => ({
  watchers: { web: { cmd: "sh -c 'echo hello; exec sleep 1000'", stdout } },
  plugins: { journald: {} },
});

describe('logs: types of destinations that plugins add', () => {
  noLeaks();
  const plugin = journal(() => ({ write: () => {} }));
  const problems = async (stdout: unknown): Promise<readonly string[]> => {
    const checked = await checkConfig(config(stdout), { resolvePlugin: async () => plugin });
    return checked.problems.map(({ path, message, did_you_mean }) => [path, message, did_you_mean].filter(Boolean).join(' '));
  };

  it('are known to the check of configs, with their options', async () => {
    expect(await problems({ type: 'journal', tag: 'x', level: 'warn', when_slow: 'drop_oldest' })).to.deep.equal([]);
    expect(await problems({ type: 'journal', tag: 'x', levl: 'warn' })).to.deep.equal([
      'watchers.web.stdout.levl is not a known key level',
    ]);
    expect(await problems({ type: 'journal' })).to.deep.equal(['watchers.web.stdout.tag is missing; it must be text']);
    expect(await problems({ type: 'journal', tag: 'x', when_slow: 'wait' })).to.deep.equal([
      'watchers.web.stdout.when_slow must be one of block, drop_oldest, drop_newest, got "wait"',
    ]);
    expect((await problems({ type: 'jornal', tag: 'x' })).join()).to.include(
      'memory, null, journal, or ./mine.mjs#Sink, got "jornal" journal',
    );
    expect((await problems('journal')).join(), 'the short form has no options').to.include('tag is missing');
  });

  it('are let through where the plugins of the config are not looked at, but not where there are none', async () => {
    expect((await checkConfig(config({ type: 'journal', tag: 'x' }))).problems).to.deep.equal([]);
    const { problems } = await checkConfig({ ...config({ type: 'journal', tag: 'x' }), plugins: {} });
    expect(problems.map(({ path }) => path)).to.deep.equal(['watchers.web.stdout.type']);
  });

  it('can be set at run time, by those who know them', () => {
    const plugins = new Map([[plugin.name, plugin]]);
    const { spec } = checkWatcher('web', { cmd: 'run', stdout: { type: 'journal', tag: 'x' } }, plugins);
    expect(checkWatcherChange(spec, { numprocesses: 2 }, plugins).spec.numprocesses).to.equal(2);
    expect(() => checkWatcher('web', { cmd: 'run', stdout: { type: 'journal', tag: 'x' } })).to.throw('got "journal"');
  });

  interface Running extends AsyncDisposable {
    readonly supervisor: Supervisor;
    readonly lines: readonly LogLine[];
    readonly events: ReturnType<typeof recordEvents>;
  }
  async function running(made: AnyPlugin, stdout: unknown): Promise<Running> {
    const lines: LogLine[] = [];
    const events = recordEvents();
    const supervisor = new Supervisor(config(stdout), { plugins: [logs, made, events.plugin], log: recordingLogger(lines) });
    await supervisor.start();
    return { supervisor, lines, events, [Symbol.asyncDispose]: () => supervisor.stop() };
  }

  it('get what processes write, and options with defaults', async () => {
    const got: unknown[] = [];
    let closed = 0;
    const sink: StreamSink = {
      write: (data, { watcher, name }) => void got.push([Buffer.from(data).toString(), watcher, name]),
      close: () => closed++,
    };
    const made = journal((options, whose) => {
      got.push(options, whose);
      return Promise.resolve(sink);
    });
    await using daemon = await running(made, { type: 'journal', tag: 'x' });
    await eventually(() => got.length === 3, { what: 'the line' });
    expect(got).to.deep.equal([{ tag: 'x', level: 'info', keep: 60 }, { watcher: 'web', name: 'stdout' }, ['hello\n', 'web', 'stdout']]);
    await daemon.supervisor.stop();
    expect(closed).to.equal(1);
  });

  const BROKEN: readonly (readonly [string, () => unknown, string])[] = [
    [
      'open throws',
      () => {
        throw new Error('no socket');
      },
      'cannot use journal for an output: plugin "journald": no socket',
    ],
    [
      'open returns rubbish',
      () => ({}),
      'cannot use journal for an output: plugin "journald": open returned what has no write(data, info)',
    ],
  ];
  for (const [title, open, message] of BROKEN) {
    it(`whose ${title} are told of by name`, async () => {
      await using daemon = await running(journal(open), { type: 'journal', tag: 'x' });
      expect(daemon.lines.map((line) => `${line.message} ${JSON.stringify(line.fields ?? {})}`).join('\n')).to.include(
        JSON.stringify(message).slice(1, -1).slice(0, 40),
      );
    });
  }

  it('that throw lose lines, which is told, and harm nobody else', async () => {
    const made = journal(() => ({
      write: () => {
        throw new Error('full');
      },
    }));
    await using daemon = await running(made, { type: 'journal', tag: 'x' });
    await eventually(() => daemon.events.names('web').includes('output_lost'), { what: 'output_lost' });
    expect(daemon.supervisor.find('web')?.status).to.equal('active');
  });

  it('are refused where the plugin object declares them wrongly', async () => {
    const { checkPlugin } = await import('../../../core/plugin-resolve.js');
    const wrong = async () => checkPlugin('x', { ...plugin, streams: [{ name: 5 }] });
    expect((await rejects(wrong(), 'RM_PLUGIN_UNKNOWN')).message).to.include('streams must be a list of {name, summary, schema}');
  });
});
