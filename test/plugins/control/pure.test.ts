import { expect } from 'chai';
import fc from 'fast-check';
import { ProcessSampler, RingmasterError } from '../../../core/index.js';
import { configOptions } from '../../../plugins/control/circus-options.js';
import { ArgumentError } from '../../../plugins/control/command.js';
import { topicOf } from '../../../plugins/control/events.js';
import { strangerAt, tcpListeners, unixListeners } from '../../../plugins/control/holder.js';
import { globPattern, matchWatchers } from '../../../plugins/control/match.js';
import { optionValue } from '../../../plugins/control/option-arguments.js';
import { pythonRepr, pythonText } from '../../../plugins/control/python-text.js';
import { encodeReply, errorAnswer } from '../../../plugins/control/reply.js';
import { FakeSupervisor } from '../../fixtures/control/fake-supervisor.js';

describe('control: names that match', () => {
  const cases: readonly (readonly [glob: string, name: string, matches: boolean])[] = [
    ['web', 'web', true],
    ['WEB', 'web', true],
    ['web', 'web2', false],
    ['w*', 'web', true],
    ['*', '', true],
    ['w?b', 'web', true],
    ['w?b', 'wb', false],
    ['[a-c]1', 'b1', true],
    ['[!a-c]1', 'b1', false],
    ['[!a-c]1', 'd1', true],
    ['[]x]', ']', true],
    ['a.b', 'axb', false],
    ['a+(b)|{c}^$\\', 'a+(b)|{c}^$\\', true],
    ['[', '[', true],
    ['[z-a]', 'b', false],
    ['[^a]', '^', true],
    ['a[]b', 'a[]b', true],
    ['W*B*2', 'web-b2', true],
    ['*[0-9]*[0-9]', 'a1b', false],
    ['*.1'.repeat(12), 'a.1'.repeat(12), true],
  ];
  for (const [glob, name, matches] of cases) {
    it(`glob ${JSON.stringify(glob)} ${matches ? 'matches' : 'does not match'} ${JSON.stringify(name)}`, () => {
      expect(globPattern(glob).test(name)).to.equal(matches);
    });
  }

  it('glob * matches whatever there is between the rest, whichever places that fits in', () => {
    const text = (letters: readonly string[]): fc.Arbitrary<string> => fc.string({ unit: fc.constantFrom(...letters), maxLength: 12 });
    fc.assert(
      fc.property(text(['a', 'b', '?', '*', '*']), text(['a', 'b']), (glob, name) => {
        const plain = new RegExp(`^${glob.replaceAll('?', '.').replaceAll(/[*]+/g, '.*')}$`);
        return globPattern(glob).test(name) === plain.test(name);
      }),
      { numRuns: 2000 },
    );
  });

  const supervisor = new FakeSupervisor();
  for (const name of ['Web', 'web2', 'db']) supervisor.watch(name);
  const endpoints = { endpoint: '', pubsub_endpoint: '', stats_endpoint: null, multicast_endpoint: null };
  const context = {
    supervisor,
    endpoints,
    sampler: new ProcessSampler(),
    stopped: Promise.resolve(),
    commands: () => [],
    audit: { entries: [], seq: 0 },
  };
  const names = (name: string, method?: string): readonly string[] => matchWatchers(context, name, method).map((watcher) => watcher.name);

  it('takes a regex from the start of the name, ignoring case, and Python group names', () => {
    expect(names('W', 'regex')).to.deep.equal(['Web', 'web2']);
    expect(names('(?P<x>d|e)', 'regex')).to.deep.equal(['db']);
    expect(() => names('b$', 'regex')).to.throw(RingmasterError, 'program b$ not found');
  });

  it('takes a simple name literally', () => {
    expect(names('WEB', 'simple')).to.deep.equal(['Web']);
    expect(() => names('web*', 'simple')).to.throw(RingmasterError, 'program web* not found');
  });

  it('holds up nobody by a pattern, however long it would take to find it', () => {
    const many = new FakeSupervisor();
    many.watch('worker-frontend-production-eu-west-1-canary');
    const refusal = (pattern: string, method?: string): Error => {
      const begun_ms = performance.now();
      try {
        matchWatchers({ ...context, supervisor: many }, pattern, method);
      } catch (error) {
        expect(performance.now() - begun_ms).to.be.below(2000);
        return error as Error;
      }
      throw new Error('it matches');
    };
    expect(refusal(`${'*'.repeat(20)}!`).message).to.match(/^program .* not found$/);
    expect(refusal(`${'*[a-z]'.repeat(20)}!`).message).to.match(/^program .* not found$/);
    expect(refusal('(\\w+-?)+!', 'regex')).to.include({ code: 'RM_REQUEST_INVALID', message: 'match pattern takes too long' });
    for (const method of ['glob', 'regex'])
      expect(refusal('*a'.repeat(501), method).message).to.equal('match pattern invalid: it has 1002 characters, allowed are 1000');
    expect(refusal('x'.repeat(100_000)).message).to.match(/^program x+ not found$/);
  });

  it('says which was meant, where a name is almost that of one', () => {
    for (const [name, method, meant] of [
      ['wbe2', 'glob', 'web2'],
      ['wbe2', 'simple', 'web2'],
      ['nobody', 'glob', undefined],
    ] as const) {
      expect(() => names(name, method))
        .to.throw(RingmasterError)
        .with.property('context')
        .that.deep.equals({ watcher: name, ...(meant !== undefined && { did_you_mean: meant }) });
    }
  });

  it('refuses an unknown method and a broken regex as bad messages', () => {
    for (const [name, method] of [
      ['web', 'fuzzy'],
      ['(', 'regex'],
    ] as const) {
      expect(() => names(name, method))
        .to.throw(RingmasterError)
        .with.property('code', 'RM_REQUEST_INVALID');
    }
  });
});

describe('control: text as Python writes it', () => {
  const cases: readonly (readonly [value: unknown, repr: string])[] = [
    ['nope', "'nope'"],
    ["it's", '"it\'s"'],
    [`'"`, `'\\'"'`],
    ['a\nb\\', "'a\\nb\\\\'"],
    [null, 'None'],
    [true, 'True'],
    [false, 'False'],
    [1.5, '1.5'],
    [['a', 1], "['a', 1]"],
    [{ a: null, b: [] }, "{'a': None, 'b': []}"],
  ];
  for (const [value, repr] of cases) {
    it(`${JSON.stringify(value)} is ${repr}`, () => expect(pythonRepr(value)).to.equal(repr));
  }
  it('text itself has no quotes', () => expect(pythonText('plain')).to.equal('plain'));
});

describe('control: option values from the command line', () => {
  const cases: readonly (readonly [key: string, text: string, value: unknown])[] = [
    ['numprocesses', '3', 3],
    ['graceful_timeout', '2.5', 2.5],
    ['graceful_timeout', '250ms', '250ms'],
    ['respawn', 'Yes', true],
    ['respawn', '0', false],
    ['stop_signal', 'HUP', 1],
    ['stop_signal', 'nope', 'nope'],
    ['stop_signal', '9', 9],
    ['uid', '', null],
    ['umask', '077', '077'],
    ['umask', '', null],
    ['nice', '-5', -5],
    ['cmd', 'sleep 1', 'sleep 1'],
    ['args', '-v', '-v'],
    ['env', 'A=1,B=x=y', { A: '1', B: 'x=y' }],
    ['hooks', 'before_start:./a.mjs#f', { before_start: './a.mjs#f' }],
    ['hooks.after_stop', './a.mjs#f', './a.mjs#f'],
    ['rlimit_nofile', '500', 500],
    ['rlimit_nofile', 'infinity', 'infinity'],
    ['stdout_stream.max_bytes', '1000', 1000],
    ['stdout_stream.filename', '7', '7'],
    ['flapping.attempts', '3', '3'],
    ['stdout', 'logs/web.log', 'logs/web.log'],
    ['stdout', '{"type": "file", "filename": "x"}', { type: 'file', filename: 'x' }],
    ['plugins', '{"flapping": false}', { flapping: false }],
    ['env', '{"A": "1,2"}', { A: '1,2' }],
  ];
  for (const [key, text, value] of cases) {
    it(`${key} ${JSON.stringify(text)} is ${JSON.stringify(value)}`, () => expect(optionValue(key, text)).to.deep.equal(value));
  }
  for (const [key, text] of [
    ['numprocesses', 'many'],
    ['numprocesses', '1.5'],
    ['respawn', 'maybe'],
    ['env', 'A'],
    ['plugins', 'flapping'],
    ['stdout', '{x'],
    ['stdout_stream.max_bytes', 'x'],
  ] as const) {
    it(`${key} can't be ${text}`, () =>
      expect(() => optionValue(key, text)).to.throw(ArgumentError, new RegExp(`^${key} must be .*"${text}"$`)));
  }
});

describe('control: options in the form of the config', () => {
  it('puts dotted keys and hooks into what is there', () => {
    const spec = { hooks: { a: '1' }, stdout_stream: { class: 'FileStream' }, options: { mine: 'x' } };
    const given = { numprocesses: 2, 'hooks.b': '2', hooks: { c: '3' }, 'stdout_stream.filename': 'f', mine: 'y' };
    expect(configOptions(given, spec)).to.deep.equal({
      numprocesses: 2,
      hooks: { a: '1', b: '2', c: '3' },
      stdout_stream: { class: 'FileStream', filename: 'f' },
      options: { mine: 'y' },
    });
  });
});

describe('control: who holds an endpoint', () => {
  it('finds sockets that listen on a port, and no others', () => {
    const table = [
      '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
      '   0: 0100007F:15B3 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1234 1',
      '   1: 0100007F:15B3 0100007F:C000 01 00000000:00000000 00:00000000 00000000     0        0 99 1',
      '   2: 00000000:15B4 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 77 1',
    ].join('\n');
    expect(tcpListeners(table, 5555)).to.deep.equal(['1234']);
    expect(strangerAt(5555, 1001, () => table)).to.equal(undefined);
    const of = (uid: number) => () => table.replace(/ 0( +0 1234)/, ` ${uid}$1`);
    expect([strangerAt(5555, 1001, of(1002)), strangerAt(5555, 1002, of(1002)), strangerAt(5556, 1001, of(1002))]).to.deep.equal([
      1002,
      undefined,
      undefined,
    ]);
  });
  it('finds unix sockets by path, moved ones too', () => {
    const table = [
      'Num       RefCount Protocol Flags    Type St Inode Path',
      '0000: 00000002 00000000 00010000 0001 01 11 /run/a b.sock',
      '0000: 00000002 00000000 00010000 0001 01 12 /run/.Xy12zZ/a b.sock',
      '0000: 00000002 00000000 00010000 0001 01 13 /run/sub/a b.sock',
      '0000: 00000003 00000000 00000000 0001 03 14',
    ].join('\n');
    expect(unixListeners(table, '/run/a b.sock')).to.deep.equal(['11', '12']);
  });
});

describe('control: replies', () => {
  it('maps errors to the numbers of Circus', () => {
    const numbers = [
      new RingmasterError('RM_REQUEST_JSON', []),
      new RingmasterError('RM_COMMAND_UNKNOWN', ["'x'"]),
      new RingmasterError('RM_WATCHER_UNKNOWN', ['x']),
      new RingmasterError('RM_OPTION_INVALID', ['x']),
      new RingmasterError('RM_SIGNAL_INVALID', ['x']),
      Object.assign(new Error('EPERM'), { code: 'EPERM', syscall: 'kill' }),
      new RingmasterError('RM_WATCHER_EXISTS', ['x']),
      new TypeError('a bug'),
    ].map((error) => errorAnswer(error).errno);
    expect(numbers).to.deep.equal([1, 2, 3, 3, 3, 4, 5, 5]);
  });
  it('never shows a stack', () => {
    expect(JSON.stringify(errorAnswer(new TypeError('a bug')))).to.equal('{"status":"error","reason":"a bug","tb":null,"errno":5}');
  });
  it('gives back an id that is too deep to write as null', () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    // None is from V8 14 on.
    const id = Number.parseInt(process.versions.v8, 10) < 14 ? null : deep;
    expect(encodeReply({ status: 'ok' }, JSON.parse(deep), 1)).to.equal(`{"status":"ok","time":1,"id":${id}}`);
  });
  it('has time and id of its own, whatever a command says of them', () => {
    const reply = encodeReply({ id: 'x', status: 'ok', time: 'now', pids: [1] }, 7, 1.5);
    expect(reply).to.equal('{"status":"ok","pids":[1],"time":1.5,"id":7}');
  });
  it('makes topics of lower case without spaces', () => {
    expect(topicOf({ watcher: 'My Web.1', name: 'start' })).to.equal('watcher.my_web.1.start');
  });
});
