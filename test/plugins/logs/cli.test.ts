import { appendFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { expect } from 'chai';
import type { Io, VerbValues } from '../../../core/index.js';
import { Follower } from '../../../plugins/logs/cli/follow.js';
import { inOrder } from '../../../plugins/logs/cli/log-files.js';
import { logsVerb } from '../../../plugins/logs/cli/logs-verb.js';
import { lastLines } from '../../../plugins/logs/cli/read.js';
import { parseSince, sinceFilter, sorts } from '../../../plugins/logs/cli/since.js';
import { RunningBin } from '../../fixtures/cli/run-bin.js';
import { directory } from './kit.js';

class Kept extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString('latin1');
    done();
  }
}

describe('logs: on the command line', () => {
  let at = '';
  beforeEach(() => {
    at = directory();
  });
  afterEach(() => rmSync(at, { recursive: true, force: true }));

  const file = (name: string, text: string): string => {
    writeFileSync(join(at, name), text);
    return join(at, name);
  };
  const run = async (args: readonly string[], values: VerbValues, env: Io['env'] = {}) => {
    const [stdout, stderr] = [new Kept(), new Kept()];
    const status = await logsVerb.run(args, values, { stdin: Readable.from([]), stdout, stderr, env });
    return { status, stdout: stdout.text, stderr: stderr.text };
  };
  const config = (watchers: object): string =>
    file(
      'ringmaster.json',
      JSON.stringify({ watchers: Object.fromEntries(Object.entries(watchers).map(([name, web]) => [name, { cmd: 'x', ...web }])) }),
    );

  it('puts rotated files in the order of what is in them', () => {
    const names = ['a.log', 'a.log.2', 'a.log.10', 'a.log.1', 'a.log.bak', 'b.log', 'a.log.20260309', 'a.log.20260308', 'a.log.20260309.1'];
    expect(inOrder('/l/a.log', names)).to.deep.equal(
      ['20260308', '20260309', '20260309.1', '10', '2', '1'].map((suffix) => `/l/a.log.${suffix}`).concat('/l/a.log'),
    );
  });

  it('reads the last lines from the end, over several files and pieces', () => {
    const all = Array.from({ length: 30_000 }, (_, number) => `line ${number}`);
    const files = [
      file('old', `${all.slice(0, 10_000).join('\n')}\n`),
      file('empty', ''),
      file('new', `${all.slice(10_000).join('\n')}\nno end`),
    ];
    for (const count of [0, 1, 2, 5, 9_000, 20_001, 25_000, 40_000]) {
      const lines = lastLines(files, count).toString().split('\n');
      expect(count === 0 ? [] : lines, String(count)).to.deep.equal(count === 0 ? [] : [...all, 'no end'].slice(-count));
    }
  });

  it('understands times', () => {
    const now = Date.parse('2026-03-09T04:05:06Z');
    expect([parseSince('90', now), parseSince('1.5h', now), parseSince('2d', now)]).to.deep.equal([
      now - 90_000,
      now - 5_400_000,
      now - 172_800_000,
    ]);
    expect(parseSince('2026-03-09T04:00:00Z', now)).to.equal(now - 306_000);
    for (const text of ['', 'soon', '5 weeks', '2026-99-99']) expect(parseSince(text, now), text).to.equal(null);
  });

  it('knows which time formats sort', () => {
    expect(['%Y-%m-%d %H:%M:%S', '%F %T', '%Y/%m/%d | %H:%M:%S.%f', '%Y%m%d'].map(sorts)).to.deep.equal([true, true, true, true]);
    expect(['%d.%m.%Y', '%H:%M:%S', '%s', 'T', '%y-%m-%d'].map(sorts)).to.deep.equal([false, false, false, false, false]);
  });

  it('takes lines since a moment, and what belongs to them', () => {
    const within = sinceFilter('%Y', Date.parse('2026-06-01'));
    const lines = ['2025 [1] | old', 'rest of it', '2026 [1] | new', 'rest of this', '2027 [2] | newer'];
    expect(lines.filter(within)).to.deep.equal(lines.slice(2));
  });

  it('follows a file over into the next', () => {
    const name = file('a.log', 'before\n');
    using follower = new Follower(name);
    expect(String(follower.read())).to.equal('');
    appendFileSync(name, 'one\n');
    expect(String(follower.read())).to.equal('one\n');
    appendFileSync(name, 'two\n');
    renameSync(name, `${name}.1`);
    writeFileSync(name, 'three\n');
    expect(String(follower.read())).to.equal('two\nthree\n');
    rmSync(name);
    expect(String(follower.read())).to.equal('');
    writeFileSync(name, 'four\n');
    expect(String(follower.read())).to.equal('four\n');
  });

  it('prints the last lines of one watcher, rotated files included', async () => {
    file('a.log.1', '1\n2\n3\n');
    const stdout = file('a.log', '4\n5\n');
    const path = config({ web: { stdout, stderr: 'stdout' }, api: { stdout: { type: 'memory' } } });
    expect(await run(['WEB'], { config: path, lines: '3' })).to.deep.equal({ status: 0, stdout: '3\n4\n5\n', stderr: '' });
  });

  it('names watchers where there are several, and says what is not in a file', async () => {
    const [a, b] = [file('a.log', 'a\n'), file('b.log', 'b\n')];
    const path = config({ web: { stdout: a, stderr: { type: 'null' } }, api: { stdout_stream: { class: 'FileStream', filename: b } } });
    const { stdout, stderr } = await run([], {}, { RINGMASTER_CONFIG: path });
    expect(stdout).to.equal('==> web stdout <==\na\n==> api stdout <==\nb\n');
    expect(stderr).to.equal("stderr of web is kept nowhere\nstderr of api is in the daemon's own output\n");
  });

  it('prints what was written since a time', async () => {
    const name = file('a.log', '2020-01-01 [1] | old\n2999-01-01 [1] | new\n');
    const path = config({ web: { stdout: { type: 'file', filename: name, time_format: '%Y-%m-%d' } } });
    expect((await run(['web'], { config: path, since: '1h' })).stdout).to.equal('2999-01-01 [1] | new\n');
  });

  const wrong: readonly [string, readonly string[], VerbValues, RegExp][] = [
    ['a watcher that there is none of', ['wbe'], {}, /there is no watcher wbe .*did you mean web\?/],
    ['two watchers', ['web', 'api'], {}, /at most one watcher/],
    ['lines that are no number', ['web'], { lines: 'x' }, /--lines must be a whole number, got "x"/],
    ['a time that is none', ['web'], { since: 'soon' }, /--since must be like .*, got "soon"/],
    ['a time for lines without one', ['web'], { since: '1h' }, /--since can't be told .* its time_format is none/],
    ['a config that is not there', ['web'], { config: '/no/such.json' }, /\/no\/such\.json/],
  ];
  for (const [title, args, values, message] of wrong) {
    it(`says in one line what is wrong with ${title}`, async () => {
      const path = config({ web: { stdout: file('a.log', 'a\n'), stderr: 'stdout' } });
      const { status, stdout, stderr } = await run(args, { config: path, ...values });
      expect([status, stdout]).to.deep.equal([1, '']);
      expect(stderr)
        .to.match(message)
        .and.match(/^ringmaster logs: [^\n]*\n$/);
    });
  }

  it('goes on with -f until it is ended', async () => {
    const name = file('a.log', 'one\ntwo\n');
    const running = new RunningBin('main', ['logs', 'web', '-f', '-n', '1', '--config', config({ web: { stdout: name } })]);
    await running.printed('two\n');
    appendFileSync(name, 'three\n');
    await running.printed('three\n');
    running.child.kill('SIGINT');
    expect(await running.ended).to.include({ stdout: 'two\nthree\n', signal: 'SIGINT' });
  });
});
