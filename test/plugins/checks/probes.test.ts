import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type AnyPlugin, checkConfig, definePlugin, formatProblem, loadConfig, type ProbeType } from '../../../core/index.js';
import { resolvePlugin } from '../../../core/plugin-resolve.js';
import { createHarness, eventually, noLeaks, rejects } from '../../../core/testing.js';
import checks from '../../../plugins/checks/index.js';
import { Real } from '../../fixtures/real.js';

const queue: ProbeType = {
  name: 'queue',
  summary: 'Looks at a queue.',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['longest'],
    properties: { longest: { type: 'integer' }, vhost: { type: 'string', default: '/' } },
  },
  probe: async () => undefined,
};

/** A plugin that adds a probe, whose tries are told. */
function prober(tries: unknown[], results: readonly (Error | undefined)[]): AnyPlugin {
  const left = [...results];
  return definePlugin({
    name: 'prober',
    summary: 'Adds a probe.',
    schema: { type: 'object', properties: {} },
    probes: [queue],
    setup({ extend }) {
      extend('probe', {
        ...queue,
        async probe(options: unknown) {
          tries.push(options);
          const result = left.shift();
          if (result !== undefined) throw result;
        },
      });
    },
  });
}

const config = (probe: object) => ({
  watchers: { web: { cmd: 'web' } },
  plugins: {
    checks: { probes: { jobs: { type: 'queue', options: { longest: 10 }, loop_rate: 1, watcher: 'web', failures: 2, ...probe } } },
  },
});

describe('checks of the config', () => {
  noLeaks();

  it('are tried by the type that a plugin adds, and acted upon', async () => {
    const tries: unknown[] = [];
    const late = new Error('too long');
    await using harness = createHarness({ config: config({ action: 'event' }), plugins: [checks, prober(tries, [undefined, late, late])] });
    await harness.start();
    await harness.clock.advanceAsync(1000);
    expect(tries).to.deep.equal([{ longest: 10, vhost: '/' }]);
    expect(harness.events.names('web')).not.to.include('check_failed');
    await harness.clock.advanceAsync(3000);
    expect(harness.events.names('web').filter((name) => name.startsWith('check_'))).to.deep.equal(['check_failed', 'check_recovered']);
  });

  it('of which no plugin declares the type are a mistake, with a hint', async () => {
    const { problems } = await checkConfig(config({ type: 'htpp' }), { resolvePlugin });
    expect(problems.map(({ path, message, did_you_mean }) => [path, message, did_you_mean])).to.deep.equal([
      [
        'plugins.checks.probes.jobs.type',
        'must be one of http, tcp, or a type that a plugin of the config declares under `probes`, got "htpp"',
        'http',
      ],
    ]);
  });

  it('of which the plugin that declares the type does not add it are told of', async () => {
    const silent = definePlugin({
      name: 'silent',
      summary: 'Adds nothing.',
      schema: { type: 'object', properties: {} },
      probes: [queue],
      setup() {},
    });
    await using harness = createHarness({ config: config({}), plugins: [checks, silent] });
    await harness.start();
    expect(harness.lines.filter(({ level }) => level === 'error').map(({ message }) => message)).to.deep.equal([
      'check jobs is not run: no plugin has a probe queue; there are http, tcp',
    ]);
  });

  it('with options that the type does not allow are told by line, in any format', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'probes-'));
    const file = join(folder, 'ringmaster.yaml');
    const lines = [
      'plugins:',
      '  checks:',
      '    probes:',
      '      db:',
      '        type: tcp',
      '        options:',
      '          port: x',
      '          hots: db',
    ];
    await writeFile(file, lines.join('\n'));
    const { problems } = await loadConfig(file, { resolvePlugin });
    await rm(folder, { recursive: true });
    expect(problems.map((problem) => formatProblem(problem).replace(`${folder}/`, ''))).to.deep.equal([
      'ringmaster.yaml:7:11: error: plugins.checks.probes.db.options.port must be an integer, at least 1, at most 65535, got "x"',
      'ringmaster.yaml:8:11: error: plugins.checks.probes.db.options.hots is not a known key; did you mean host?',
    ]);
  });

  it('are checked when they are given at run time', async () => {
    await using harness = createHarness({
      config: { watchers: { web: { cmd: 'web' } }, plugins: { checks: {} } },
      plugins: [checks, prober([], [])],
    });
    await harness.start();
    const set = (probe: object) => harness.supervisor.reconfigurePlugin('checks', { probes: { jobs: probe } });
    const { message } = await rejects(set({ type: 'queue', options: {} }), 'RM_PLUGIN_OPTIONS');
    expect(message).to.equal('plugins.checks.probes.jobs.options.longest is missing; it must be an integer');
    await harness.until(set({ type: 'queue', options: { longest: 1 } }));
  });

  it('are checked like all options', async () => {
    const { problems } = await checkConfig(config({ faliures: 1 }), { resolvePlugin });
    expect(problems.map(({ path, did_you_mean }) => [path, did_you_mean])).to.deep.equal([
      ['plugins.checks.probes.jobs.faliures', 'failures'],
    ]);
  });

  it('look at real pages, without any other plugin', async () => {
    let status = 200;
    let asked = 0;
    const server = createServer((_request, response) => {
      asked++;
      response.writeHead(status).end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const probe = { type: 'http', options: { url: `http://127.0.0.1:${port}/` }, loop_rate: 0.05, watcher: 'web', action: 'event' };
    await using real = await Real.start(() => ({
      watchers: { web: { cmd: 'sleep 1000' } },
      plugins: { checks: { probes: { site: probe } } },
    }));
    await eventually(() => asked > 1, { what: 'the page to be asked for' });
    status = 500;
    await eventually(() => real.record.names('web').includes('check_failed'), { what: 'check_failed' });
    status = 200;
    await eventually(() => real.record.names('web').includes('check_recovered'), { what: 'check_recovered' });
    server.close();
    server.closeAllConnections();
  });
});
