import { expect } from 'chai';
import { EXTENSION_POINTS, type ExtensionPoint, extensionFlaw } from '../../../core/extension-points.js';
import type { ControlCommand, Extensions, Metric, PluginContext } from '../../../core/index.js';
import { noLeaks, rejects } from '../../../core/testing.js';
import { endKits, entry, kit, plugin } from './kit.js';

const command = (name: string): ControlCommand => ({
  name,
  summary: `${name}.`,
  request: { type: 'object', properties: {} },
  reply: { type: 'object', properties: {} },
  run: () => ({}),
});
const metric: Metric = { name: 'things_total', help: 'Things.', type: 'counter', collect: () => [] };

/** A plugin that hands its context out. */
function contextOf(name: string, given: (context: PluginContext) => void) {
  return entry(plugin(name, given as never));
}

describe('extension points', () => {
  afterEach(endKits);
  noLeaks();

  async function consumer() {
    const made = kit();
    const seen: string[] = [];
    let commands: Extensions<'command'> | undefined;
    await made.container.load([
      contextOf('consumer', ({ extensions }) => {
        commands = extensions('command');
        commands.onChange(({ change, extension }) => seen.push(`${change} ${extension.plugin} ${extension.key}`));
      }),
    ]);
    if (commands === undefined) throw new Error('the plugin was not set up');
    return { ...made, commands, seen };
  }

  it('shows a consumer what other plugins add, and takes it back with them', async () => {
    const { container, commands, seen } = await consumer();
    await container.load([contextOf('giver', ({ extend }) => void extend('command', command('greet')))]);
    expect(commands.list().map(({ plugin, key }) => [plugin, key])).to.deep.equal([['giver', 'greet']]);
    expect(commands.find('greet')?.value.summary).to.equal('greet.');
    await container.unload('giver');
    expect(commands.list()).to.deep.equal([]);
    expect(seen).to.deep.equal(['added giver greet', 'removed giver greet']);
    await container.close();
  });

  it('shows what was added before the consumer came', async () => {
    const { container } = kit();
    let keys: readonly string[] = [];
    await container.load([
      contextOf('giver', ({ extend }) => void extend('command', command('greet'))),
      contextOf('consumer', ({ extensions }) => {
        keys = extensions('command')
          .list()
          .map(({ key }) => key);
      }),
    ]);
    expect(keys).to.deep.equal(['greet']);
    await container.close();
  });

  it('takes one contribution back when it is disposed of, once', async () => {
    const { container, commands, seen } = await consumer();
    let added: AsyncDisposable | undefined;
    await container.load([
      contextOf('giver', ({ extend }) => {
        added = extend('command', command('greet'));
      }),
    ]);
    await added?.[Symbol.asyncDispose]();
    await added?.[Symbol.asyncDispose]();
    expect(commands.list()).to.deep.equal([]);
    await container.close();
    expect(seen).to.deep.equal(['added giver greet', 'removed giver greet']);
  });

  it('withdraws what a plugin added before it begins to close', async () => {
    const { container, commands } = await consumer();
    let there: readonly string[] | undefined;
    await container.load([
      contextOf('giver', ({ extend, scope }) => {
        extend('command', command('greet'));
        scope.add('look', () => {
          there = commands.list().map(({ key }) => key);
        });
      }),
    ]);
    await container.unload('giver');
    expect(there).to.deep.equal([]);
    await container.close();
  });

  it('has nothing left of a plugin that fails in its setup after it has added something', async () => {
    const { container, commands } = await consumer();
    const failing = contextOf('giver', ({ extend }) => {
      extend('command', command('greet'));
      throw new Error('no');
    });
    await rejects(container.load([failing]), 'RM_PLUGIN_FAILED');
    expect(commands.list()).to.deep.equal([]);
    await container.close();
  });

  it('adds nothing for a plugin that is closed already', async () => {
    const { container, commands } = await consumer();
    let late: PluginContext['extend'] | undefined;
    await container.load([
      contextOf('giver', ({ extend }) => {
        late = extend;
      }),
    ]);
    await container.unload('giver');
    late?.('command', command('greet'));
    expect(commands.list()).to.deep.equal([]);
    await container.close();
  });

  it('refuses a name that is taken, and says by whom', async () => {
    const { container } = kit();
    const giver = (name: string) => contextOf(name, ({ extend }) => void extend('command', command('greet')));
    const error = await rejects(container.load([giver('first'), giver('second')]), 'RM_PLUGIN_FAILED');
    expect((error.cause as Error).message).to.equal('plugin "second" can\'t add the command "greet": plugin "first" has one of that name');
    expect(error.cause).to.have.property('code', 'RM_EXTENSION_TAKEN');
    await container.close();
  });

  it('goes on where a consumer throws, and names it in the log', async () => {
    const { container, lines } = kit();
    const seen: string[] = [];
    await container.load([
      contextOf('clumsy', ({ extensions }) => {
        extensions('command').onChange(() => {
          throw new Error('oops');
        });
      }),
      contextOf('careful', ({ extensions }) => {
        extensions('command').onChange(({ extension }) => seen.push(extension.key));
      }),
      contextOf('giver', ({ extend }) => void extend('command', command('greet'))),
    ]);
    expect(seen).to.deep.equal(['greet']);
    expect(lines.filter(({ level }) => level === 'error').map(({ message }) => message)).to.deep.equal([
      'plugin "clumsy" failed in a listener for greet: oops',
    ]);
    await container.close();
  });

  it('ends the listeners of a plugin with it', async () => {
    const { container } = kit();
    const seen: string[] = [];
    await container.load([
      contextOf('consumer', ({ extensions }) => {
        extensions('command').onChange(({ extension }) => seen.push(extension.key));
      }),
    ]);
    await container.unload('consumer');
    await container.load([contextOf('giver', ({ extend }) => void extend('command', command('greet')))]);
    expect(seen).to.deep.equal([]);
    await container.close();
  });

  it('leaves nothing behind after a plugin has come and gone 1000 times', async () => {
    const { container, commands, seen } = await consumer();
    for (let count = 0; count < 1000; count++) {
      await container.load([contextOf('giver', ({ extend }) => void extend('command', command('greet')))]);
      await container.unload('giver');
    }
    expect(commands.list()).to.deep.equal([]);
    expect(seen).to.have.length(2000);
    expect(
      container
        .status()
        .flatMap(({ owns }) => owns)
        .filter((owned) => !owned.startsWith('counts of')),
    ).to.deep.equal(['listener for command']);
    await container.close();
  });

  const WRONG: readonly (readonly [string, ExtensionPoint, unknown, string])[] = [
    ['what is no object', 'command', 5, 'command is 5, allowed is an object with name, summary, description, request,'],
    ['a name with a space', 'command', { ...command('a b') }, 'command.name is "a b", allowed is a name of a-z, 0-9, _ and -'],
    [
      'a schema of another type',
      'command',
      { ...command('a'), request: { type: 'array' } },
      'command.request is an object with type, allowed is a JSON Schema',
    ],
    ['what is no function', 'command', { ...command('a'), run: 'now' }, 'command.run is "now", allowed is a function'],
    [
      'an optional field of the wrong type',
      'command',
      { ...command('a'), arguments: 'who' },
      'command.arguments is "who", allowed is a list of texts',
    ],
    [
      'an unknown kind of metric',
      'metric',
      { ...metric, type: 'histogram' },
      'metric.type is "histogram", allowed is one of counter, gauge',
    ],
    ['a missing field', 'metric', { ...metric, help: undefined }, 'metric.help is undefined, allowed is a text'],
    ['an unknown point', 'comand' as ExtensionPoint, {}, 'point is "comand", allowed is one of command, '],
  ];
  for (const [title, point, contribution, text] of WRONG) {
    it(`refuses ${title}, and says what is allowed`, async () => {
      const { container } = kit();
      const load = container.load([contextOf('giver', ({ extend }) => void extend(point, contribution as never))]);
      const { cause } = await rejects(load, 'RM_PLUGIN_FAILED');
      expect(cause).to.have.property('code', 'RM_EXTENSION_INVALID');
      expect((cause as Error).message).to.include(`plugin "giver" can't extend: ${text}`);
      await container.close();
    });
  }

  it('takes an instance of a class, whose methods are not its own keys', () => {
    class Counter implements Metric {
      readonly name = 'things_total';
      readonly help = 'Things.';
      readonly type = 'counter';
      collect() {
        return [{ value: 1 }];
      }
    }
    expect(extensionFlaw('metric', new Counter())).to.equal(null);
  });

  it('has for each point fields that its key is made of', () => {
    for (const [point, { key, fields }] of Object.entries(EXTENSION_POINTS)) {
      expect(Object.keys(fields), point).to.include.members([...key]);
    }
  });
});
