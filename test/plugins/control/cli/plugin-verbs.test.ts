import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { formProperties, formVerbOptions } from '../../../../plugins/control/cli/form-arguments.js';
import { replyText } from '../../../../plugins/control/cli/remote-verbs.js';
import { type Ended, runBin } from '../../../fixtures/cli/run-bin.js';
import { Daemon } from '../../../fixtures/daemon.js';

const CORE = fileURLToPath(new URL('../../../../core/index.js', import.meta.url));

const PLUGIN = `
import { definePlugin, defineCommand } from ${JSON.stringify(CORE)};
const greet = defineCommand({
  name: 'greet',
  summary: 'Greet somebody.',
  description: 'Says hello, as often as asked.',
  request: {
    type: 'object',
    additionalProperties: false,
    required: ['who'],
    properties: {
      who: { type: 'string', description: 'Whom.' },
      times: { type: 'integer', minimum: 1, default: 1, description: 'How often.' },
      out_loud: { type: 'boolean', default: false, description: 'With an exclamation mark.' },
    },
  },
  reply: { type: 'object', properties: { text: { type: 'string' } } },
  arguments: ['who'],
  prints: 'text',
  run: ({ who, times, out_loud }) => ({ text: Array(times).fill('hello ' + who + (out_loud ? '!' : '')).join(' ') }),
});
export default definePlugin({ name: 'greeter', summary: 'Greets.', schema: { type: 'object', properties: {} }, setup: ({ extend }) => void extend('command', greet) });
`;

describe('ringmaster: verbs of plugins of the daemon', () => {
  let daemon: Daemon;
  before(async () => {
    daemon = await Daemon.start({
      file: 'ringmaster.json',
      bin: 'main',
      args: () => ['run'],
      config: ({ directory, endpoint, pubsub_endpoint }) => {
        writeFileSync(join(directory, 'greeter.mjs'), PLUGIN);
        return JSON.stringify({ endpoint, pubsub_endpoint, plugins: { control: { max_in_flight: 7 }, './greeter.mjs': {} }, watchers: {} });
      },
    });
  });
  after(() => daemon[Symbol.asyncDispose]());
  const run = (...words: readonly string[]): Promise<Ended> => runBin('main', [...words, '--endpoint', daemon.place.endpoint]);

  it('send what was typed as the schema says', async () => {
    expect(await run('greet', 'bob', '--times', '2', '--out-loud')).to.include({
      stdout: 'hello bob! hello bob!\n',
      stderr: '',
      status: 0,
    });
    const { stdout } = await run('greet', 'bob', '--json');
    expect(JSON.parse(stdout)).to.include({ status: 'ok', text: 'hello bob' });
  });

  it('are described with the options that they are set up with', async () => {
    const { stdout, status } = await run('plugins', 'describe', 'control');
    expect(status).to.equal(0);
    expect(stdout)
      .to.include('State: up')
      .and.to.match(/max_in_flight: .*; here 7 \(config\)/);
    const whole = JSON.parse((await run('plugins', 'describe', './greeter.mjs', '--json')).stdout);
    expect(whole).to.deep.include({ name: 'greeter', source: './greeter.mjs', state: 'up', schema: { type: 'object', properties: {} } });
    const missing = await run('plugins', 'describe', 'greter');
    expect(missing).to.include({ stdout: '', status: 3 });
    expect(missing.stderr).to.include('there is no plugin "greter": did you mean "greeter"?');
  });

  it('work with the options before them', async () => {
    const { stdout } = await runBin('main', ['--endpoint', daemon.place.endpoint, 'greet', 'bob']);
    expect(stdout).to.equal('hello bob\n');
  });

  it('have help of their own', async () => {
    for (const words of [
      ['greet', '--help'],
      ['help', 'greet'],
    ]) {
      const { stdout } = await run(...words);
      expect(stdout)
        .to.include('Usage: ringmaster greet [options] <who>')
        .and.include('Says hello')
        .and.match(/--times <TIMES> +How often \(1\)/);
    }
  });

  it('say what is wrong with their arguments', async () => {
    expect(await run('greet')).to.include({
      stderr: 'Invalid number of arguments: got 0, expected: greet <who>\nusage: ringmaster greet <who>\n',
      status: 1,
    });
    const { stderr, status } = await run('greet', 'bob', '--times', 'x');
    expect([stderr, status]).to.deep.equal([
      'error: message invalid \'times\' must be an integer, at least 1, got "x"; see the command in docs/reference/commands.md\n',
      3,
    ]);
  });

  it('are among what a mistyped verb may have meant', async () => {
    const { stderr, status } = await run('gret', 'bob');
    expect(stderr).to.include("unknown command 'gret'").and.include('greet');
    expect(status).to.equal(2);
    expect((await run('statsu')).stderr).to.include('stats');
  });

  it('are unknown where no daemon answers, which is said', async () => {
    const { stderr, status } = await runBin('main', ['greet', 'bob', '--endpoint', 'ipc:///nonexistent/c.sock']);
    expect(stderr)
      .to.include("unknown command 'greet'")
      .and.include('Verbs of plugins are not known here: cannot connect to ipc:///nonexistent');
    expect(status).to.equal(2);
  });

  it('are listed by ringmaster commands', async () => {
    const { stdout } = await run('commands');
    expect(stdout).to.include('greet [--times <times>] [--out-loud] <who>\n    Greet somebody.').and.include('\nstatus [<name>]\n');
  });
});

describe('control: a command line by a schema', () => {
  const form = (properties: object, more: object = {}) =>
    ({ name: 'do', summary: 'Do.', request: { type: 'object', properties }, reply: { type: 'object', properties: {} }, ...more }) as never;

  it('takes each value for what the schema says, and leaves what does not fit to the daemon', () => {
    const all = form({
      count: { type: 'integer' },
      share: { type: 'number' },
      either: { type: ['integer', 'string'] },
      after: { type: ['number', 'string'], quantity: 'duration' },
      mode: { enum: ['a', 1, null] },
      tags: { type: 'array', items: { type: 'string' } },
      data: { type: 'object' },
      on: { type: 'boolean' },
    });
    const values = { count: '3', share: '0.5', either: 'x', after: '5m', mode: '1', tags: 'a,b', data: '{"x":1}', on: true };
    expect(formProperties(all, [], values)).to.deep.equal({
      count: 3,
      share: 0.5,
      either: 'x',
      after: '5m',
      mode: 1,
      tags: ['a', 'b'],
      data: { x: 1 },
      on: true,
    });
    expect(formProperties(all, [], { count: 'many', either: '7' })).to.deep.equal({ count: 'many', either: 7 });
    expect(() => formProperties(all, [], { data: '{' })).to.throw('--data must be JSON, got "{"');
  });

  it('gives a list all that is left of the arguments', () => {
    const list = form({ name: { type: 'string' }, words: { type: 'array', items: { type: 'integer' } } }, { arguments: ['name', 'words'] });
    expect(formProperties(list, ['x', '1', '2'], {})).to.deep.equal({ name: 'x', words: [1, 2] });
    expect(formProperties(list, [], {})).to.deep.equal({});
  });

  it('refuses too many arguments, and a required option that is missing', () => {
    const one = form({ name: { type: 'string' } }, { arguments: ['name'] });
    expect(() => formProperties(one, ['a', 'b'], {})).to.throw('Invalid number of arguments: got 2, expected: do [<name>]');
    const option = {
      ...(form({ to_whom: { type: 'string' } }) as object),
      request: { type: 'object', required: ['to_whom'], properties: { to_whom: { type: 'string' } } },
    };
    expect(() => formProperties(option as never, [], {})).to.throw('--to-whom is wanted');
  });

  it('offers the words of an enum', () => {
    expect(formVerbOptions(form({ mode: { enum: ['a', 'b'], default: 'a', description: 'How.' } }))).to.deep.equal([
      { name: 'mode', summary: 'How ("a")', value: 'MODE', choices: ['a', 'b'] },
    ]);
  });

  it('prints one key alone, or all of them', () => {
    const reply = { id: '1', status: 'ok', time: 5, text: 'hello\n', count: 2, list: [1] };
    expect(replyText({ prints: 'text' }, reply)).to.equal('hello');
    expect(replyText({}, reply)).to.equal('text: hello\n\ncount: 2\nlist: [1]');
    expect(replyText({}, { id: '1', status: 'ok', time: 5 })).to.equal('ok');
  });
});
