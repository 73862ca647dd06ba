import { expect } from 'chai';
import { type ControlCommand, defineCommand, Scope, Staged } from '../../../core/index.js';
import { Client } from '../../../plugins/control/client.js';
import type { CommandListing } from '../../../plugins/control/command.js';
import { type Host, openHost } from '../../fixtures/control/host.js';

const nothing = { type: 'object', properties: {} } as const;

/** A command that takes anything. */
function command(run: () => unknown, more: Partial<ControlCommand> = {}): ControlCommand {
  return { name: 'probe', summary: 'Probe.', request: nothing, reply: nothing, run: run as ControlCommand['run'], ...more };
}

const greet = defineCommand({
  name: 'greet',
  summary: 'Greet somebody.',
  request: {
    type: 'object',
    additionalProperties: false,
    required: ['who'],
    properties: {
      who: { type: 'string' },
      times: { type: 'integer', minimum: 1, default: 2 },
      after: { type: ['number', 'string'], quantity: 'duration', default: '1m' },
      loud: { type: 'boolean', default: false },
    },
  },
  reply: { type: 'object', properties: { text: { type: 'string' } } },
  arguments: ['who'],
  prints: 'text',
  run: ({ who, times, after }, { supervisor }) => ({ text: `${who} ${times} ${after} ${supervisor.watchers().length}` }),
});

describe('control: commands of other plugins', () => {
  let host: Host;
  let client: Client;
  let scope: Scope;
  beforeEach(async () => {
    host = await openHost();
    client = new Client({ endpoint: host.endpoint });
    scope = new Scope('plugin');
  });
  afterEach(async () => {
    client.close();
    await scope.dispose();
    await host[Symbol.asyncDispose]();
  });
  const extend = (contribution: ControlCommand): AsyncDisposable => host.registry.extend('mine', 'command', contribution, scope);
  const failure = async (call: Promise<unknown>): Promise<{ code: unknown; reason: unknown; context: Record<string, unknown> }> => {
    try {
      await call;
    } catch (error) {
      const { reply } = (error as { context: { reply: Record<string, unknown> } }).context;
      return { code: reply.code, reason: reply.reason, context: reply.context as Record<string, unknown> };
    }
    throw new Error('it was not refused');
  };

  it('are answered like built-in ones, with defaults and quantities as the schema says', async () => {
    extend(greet);
    const { text } = await client.call('GREET', { who: 'bob' });
    expect(text).to.equal('bob 2 60 0');
    expect((await client.call('greet', { who: 'bob', after: '250ms', times: 1 })).text).to.equal('bob 1 0.25 0');
  });

  it('are checked like built-in ones', async () => {
    extend(greet);
    expect((await failure(client.call('greet'))).reason).to.equal("message invalid 'who' is missing");
    expect((await failure(client.call('greet', { who: 'bob', times: 0 }))).reason).to.equal(
      "message invalid 'times' must be an integer, at least 1, got 0",
    );
    const unknown = await failure(client.call('greet', { who: 'bob', tims: 1 }));
    expect(unknown.reason).to.equal("message invalid 'tims' is not a known key; allowed is one of who, times, after, loud");
    expect(unknown.context.did_you_mean).to.equal('times');
  });

  it('are unknown again once their plugin is gone, with a hint at one that is there', async () => {
    await extend(greet)[Symbol.asyncDispose]();
    const { code } = await failure(client.call('greet', { who: 'bob' }));
    expect(code).to.equal('RM_COMMAND_UNKNOWN');
    expect((await failure(client.call('statsu'))).context.did_you_mean).to.equal('stats');
  });

  it('that would take the name of a built-in one are refused, naming both plugins', () => {
    expect(() => extend(command(() => ({}), { name: 'list' })))
      .to.throw('plugin "mine" can\'t add the command "list": plugin "control" has one of that name')
      .with.property('code', 'RM_EXTENSION_TAKEN');
  });

  it('that take their time are answered at once, or at the end where that is asked for', async () => {
    let finish: (body: object) => void = () => {};
    extend(
      command(
        () =>
          new Promise((resolve) => {
            finish = resolve;
          }),
      ),
    );
    expect(await client.call('probe')).to.include({ status: 'ok' });
    const asked = client.call('probe', {}, { waiting: true });
    await client.call('list');
    finish({ done: true });
    expect((await asked).done).to.equal(true);
  });

  it('may refuse after a moment', async () => {
    const refused = Promise.reject(new Error('no such file'));
    refused.catch(() => 'told by the reply');
    extend(command(() => new Staged(refused, refused)));
    expect((await failure(client.call('probe'))).reason).to.equal('no such file');
  });

  it('whose plugin goes while somebody waits for them are answered, though they never end', async () => {
    const added = extend(command(() => new Promise(() => {})));
    const asked = failure(client.call('probe', {}, { waiting: true }));
    await client.call('list');
    await added[Symbol.asyncDispose]();
    expect(await asked).to.include({ code: 'RM_CLOSED', reason: 'server error: plugin "mine" is closed' });
  });

  const RUBBISH: readonly (readonly [string, () => unknown, string])[] = [
    ['a number', () => 5, 'plugin "mine" failed in command probe: it returned 5, allowed is an object'],
    ['a list', () => [], 'plugin "mine" failed in command probe: it returned a list, allowed is an object'],
    ['a promise of text', async () => 'x', `server error: plugin "mine" failed in command probe: it returned 'x', allowed is an object`],
    ['what is no JSON', () => ({ big: 5n }), 'plugin "mine" failed in command probe: it returned what can\'t be sent as JSON'],
    [
      'a promise of what is no JSON',
      async () => ({ big: 5n }),
      'plugin "mine" failed in command probe: it returned what can\'t be sent as JSON',
    ],
  ];
  for (const [title, run, reason] of RUBBISH) {
    it(`that return ${title} are answered with an error that names the plugin`, async () => {
      extend(command(run, { always_waits: true }));
      expect(await failure(client.call('probe'))).to.include({ code: 'RM_PLUGIN_FAILED', reason });
    });
  }

  it('that return nothing are answered ok', async () => {
    extend(command(() => undefined));
    expect(await client.call('probe')).to.include({ status: 'ok' });
  });

  it('that throw are answered with what they have thrown', async () => {
    extend(
      command(() => {
        throw new Error('it rains');
      }),
    );
    expect((await failure(client.call('probe'))).reason).to.equal('it rains');
  });

  it('with a schema that is none are answered with an error that names the plugin and the key', async () => {
    extend(command(() => ({}), { request: { type: 'object', properties: { a: { type: 'text' as never } } } }));
    expect(await failure(client.call('probe', { a: 1 })))
      .to.have.property('reason')
      .that.includes('plugin "mine" can\'t extend: command.request of probe is');
  });

  it('are listed with their plugin, form and schemas, among the built-in ones', async () => {
    extend(greet);
    const { commands } = await client.call('commands');
    const listed = commands as unknown as readonly CommandListing[];
    const names = listed.map(({ name }) => name);
    expect(names).to.deep.equal([...names].sort());
    expect(listed.find(({ name }) => name === 'greet')).to.deep.include({
      plugin: 'mine',
      summary: 'Greet somebody.',
      description: 'Greet somebody.',
      usage: '[--times <times>] [--after <after>] [--loud] <who>',
      arguments: ['who'],
      prints: 'text',
      request: greet.request,
    });
    expect(listed.find(({ name }) => name === 'stop')).to.deep.include({
      plugin: 'control',
      usage: '[--waiting] [--match <match>] [<name>]',
    });
    expect(listed.find(({ name }) => name === 'ipython')).to.have.property('usage');
    const one = (await client.call('commands', { name: 'GREET' })).commands as unknown as readonly CommandListing[];
    expect(one.map(({ name }) => name)).to.deep.equal(['greet']);
  });
});
