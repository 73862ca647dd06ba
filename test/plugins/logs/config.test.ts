import { expect } from 'chai';
import { checkConfig, outputOptions, type Problem, type WatcherOptions } from '../../../core/index.js';

async function check(web: object): Promise<{ readonly spec: WatcherOptions | undefined; readonly problems: readonly Problem[] }> {
  const { config, problems } = await checkConfig({ watchers: { web: { cmd: 'x', ...web } } });
  return { spec: config?.watchers.web, problems };
}

const FILE = { type: 'file', filename: '/l/a.log', max_bytes: 0, backup_count: 0, time_format: null, direct: false, when_slow: 'block' };

describe('logs: where an output goes, in the config', () => {
  const right: readonly [string, object, object | null][] = [
    ['nothing', {}, null],
    ['a path', { stdout: '/l/a.log' }, FILE],
    [
      'a file with options',
      { stdout: { type: 'file', filename: '/l/a.log', max_bytes: '64M', backup_count: 5 } },
      { ...FILE, max_bytes: 67108864, backup_count: 5 },
    ],
    [
      "Circus's FileStream, every value text",
      { stdout_stream: { class: 'FileStream', filename: '/l/a.log', max_bytes: '1000', backup_count: '2' } },
      { ...FILE, max_bytes: 1000, backup_count: 2 },
    ],
    ["Circus's stream by its whole name", { stdout_stream: { class: 'circus.stream.FileStream', filename: '/l/a.log' } }, FILE],
    ["Circus's stream without a class", { stdout_stream: { filename: '/l/a.log' } }, FILE],
    [
      'a function of one’s own',
      { stdout: { type: './mine.mjs#Sink', level: 3 } },
      { type: 'custom', module: './mine.mjs#Sink', when_slow: 'block', options: { level: 3 } },
    ],
    ['the other output', { stdout: 'stderr' }, { type: 'same' }],
    ['nowhere', { stdout: { type: null } }, { type: 'null' }],
    [
      'a time in lower case',
      { stdout_stream: { class: 'TimedRotatingFileStream', filename: 'a', rotate_when: 'midnight', utc: 'True' } },
      {
        type: 'timed_file',
        filename: 'a',
        rotate_when: 'MIDNIGHT',
        rotate_interval: 1,
        utc: true,
        backup_count: 0,
        time_format: null,
        when_slow: 'block',
      },
    ],
  ];
  for (const [title, web, expected] of right) {
    it(`takes ${title}`, async () => {
      const { spec, problems } = await check(web);
      expect(problems).to.deep.equal([]);
      expect(spec && outputOptions(spec, 'stdout')).to.deep.equal(expected);
    });
  }

  it('shows a stream back as it was written', async () => {
    const stdout_stream = { class: 'FileStream', filename: 'a', max_bytes: '1k' };
    expect((await check({ stdout_stream })).spec?.stdout_stream).to.deep.equal(stdout_stream);
  });

  const wrong: readonly [string, object, Partial<Problem>][] = [
    ['an unknown type', { stdout: { type: 'fil' } }, { path: 'watchers.web.stdout.type', found: '"fil"', did_you_mean: 'file' }],
    ['a word that is no path and no type', { stdout: 'memorry' }, { path: 'watchers.web.stdout.type', did_you_mean: 'memory' }],
    ['no type', { stdout: { filename: 'a' } }, { path: 'watchers.web.stdout.type' }],
    [
      'an unknown option',
      { stdout: { type: 'file', filename: 'a', max_byte: 5 } },
      { path: 'watchers.web.stdout.max_byte', found: 'max_byte', did_you_mean: 'max_bytes' },
    ],
    [
      'an option of another type',
      { stderr: { type: 'watched_file', filename: 'a', max_bytes: 5 } },
      { path: 'watchers.web.stderr.max_bytes', allowed: 'one of filename, time_format, when_slow' },
    ],
    [
      'a wrong value',
      { stdout: { type: 'file', filename: 'a', backup_count: -1 } },
      { path: 'watchers.web.stdout.backup_count', found: '-1', allowed: 'an integer, at least 0' },
    ],
    [
      'a size that can not be read',
      { stdout_stream: { class: 'FileStream', filename: 'a', max_bytes: 'big' } },
      { path: 'watchers.web.stdout_stream.max_bytes', found: '"big"' },
    ],
    ['no file', { stdout_stream: { class: 'FileStream' } }, { path: 'watchers.web.stdout_stream.filename' }],
    ['neither class nor file', { stdout_stream: { max_bytes: 5 } }, { path: 'watchers.web.stdout_stream.class' }],
    [
      'a wrong time of rotation',
      { stdout: { type: 'timed_file', filename: 'a', rotate_when: 'W7' } },
      { path: 'watchers.web.stdout.rotate_when', found: '"W7"' },
    ],
    [
      'a wrong policy',
      { stdout: { type: './a.mjs#f', when_slow: 'drop' } },
      { path: 'watchers.web.stdout.when_slow', allowed: 'one of block, drop_oldest, drop_newest' },
    ],
    ['both forms', { stdout: '/a', stdout_stream: { class: 'StdoutStream' } }, { path: 'watchers.web.stdout' }],
    ['a circle', { stdout: 'stderr', stderr: 'stdout' }, { path: 'watchers.web.stderr' }],
    [
      'rotation of what processes write themselves',
      { stdout: { type: 'file', filename: 'a', direct: true, max_bytes: 5 } },
      { path: 'watchers.web.stdout.direct', fix: 'remove direct, or max_bytes' },
    ],
    [
      'all else that the daemon would have to do for what processes write themselves',
      { stdout: { type: 'file', filename: 'a', direct: true, backup_count: 2, time_format: '%H', when_slow: 'drop_oldest' } },
      { path: 'watchers.web.stdout.direct', fix: 'remove direct, or backup_count, time_format, when_slow' },
    ],
    ['a class in Python', { stdout_stream: { class: 'my.Stream' } }, { path: 'watchers.web.stdout_stream.class', found: '"my.Stream"' }],
  ];
  for (const [title, web, expected] of wrong) {
    it(`refuses ${title}`, async () => {
      const { spec, problems } = await check(web);
      expect(spec).to.equal(undefined);
      expect(problems).to.have.length(1);
      expect(problems[0]).to.include({ severity: 'error', ...expected });
    });
  }

  it("only warns of what Circus's classes ignore", async () => {
    const { spec, problems } = await check({ stdout_stream: { class: 'WatchedFileStream', filename: 'a', max_bytes: 5 } });
    expect(spec).to.not.equal(undefined);
    expect(problems.map(({ severity, path }) => [severity, path])).to.deep.equal([['warning', 'watchers.web.stdout_stream.max_bytes']]);
  });
});
