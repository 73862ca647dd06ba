import { expect } from 'chai';
import { parseLogOutput } from '../../../core/cli/log-output.js';
import { readLoggerConfig } from '../../../core/cli/logger-config.js';
import { readPythonArguments } from '../../../core/cli/python-arguments.js';
import { type Facility, syslogLine } from '../../../core/cli/syslog-line.js';
import { rejects } from '../../../core/testing.js';
import { TemporaryDirectory } from '../../fixtures/cli/temporary.js';

describe('where the log goes', () => {
  it('is standard output without a name, and a file with one', () => {
    for (const text of [null, '', '-', 'stdout']) expect(parseLogOutput(text)).to.deep.equal({ kind: 'stdout' });
    expect(parseLogOutput('logs/x.log')).to.deep.equal({ kind: 'file', file: 'logs/x.log' });
  });

  const syslogs: readonly [string, object][] = [
    ['syslog://logs.example', { at: { host: 'logs.example', port: 514 }, facility: 'user' }],
    ['syslog://10.0.0.1:5514?local3', { at: { host: '10.0.0.1', port: 5514 }, facility: 'local3' }],
    ['syslog://[::1]:5514?daemon', { at: { host: '::1', port: 5514 }, facility: 'daemon' }],
    ['syslog:///dev/log', { at: { path: '/dev/log' }, facility: 'user' }],
    ['syslog:///dev/log?daemon', { at: { path: '/dev/log' }, facility: 'daemon' }],
    ['syslog:///dev/log?nonsense', { at: { path: '/dev/log' }, facility: 'user', unknown_facility: 'nonsense' }],
  ];
  for (const [url, expected] of syslogs) {
    it(`reads ${url} as Circus does`, () => expect(parseLogOutput(url)).to.deep.equal({ kind: 'syslog', url, ...expected }));
  }

  it('says what an address of syslog must be', () => {
    for (const url of ['syslog://', 'syslog:///', 'syslog://host:port', 'syslog://::1']) {
      expect(() => parseLogOutput(url), url).to.throw('syslog:///dev/log?daemon');
    }
  });
});

describe('a message of syslog', () => {
  const at = new Date(2026, 10, 2, 3, 4, 5);
  const line = (more: object): string => JSON.stringify({ level: 'info', time: at.toISOString(), pid: 12, msg: 'ready', ...more });
  const cases: readonly [object, Facility, string | null, string][] = [
    [{}, 'user', null, '<14>Nov  2 03:04:05 ringmaster[12]: [INFO] ready'],
    [{ level: 'warn' }, 'daemon', null, '<28>Nov  2 03:04:05 ringmaster[12]: [WARNING] ready'],
    [{ level: 'fatal' }, 'local7', null, '<186>Nov  2 03:04:05 ringmaster[12]: [CRITICAL] ready'],
    [{ watchers: 2, name: 'a b' }, 'user', 'me', '<14>Nov  2 03:04:05 me ringmaster[12]: [INFO] ready watchers=2 name=a b'],
    [{ msg: 'two\n  lines' }, 'user', null, '<14>Nov  2 03:04:05 ringmaster[12]: [INFO] two | lines'],
  ];
  for (const [fields, facility, host, expected] of cases) {
    it(`is ${expected}`, () => expect(syslogLine(line(fields), facility, host)).to.equal(expected));
  }
});

describe('a configuration of Python logging', () => {
  let directory: TemporaryDirectory;
  beforeEach(() => {
    directory = new TemporaryDirectory();
  });
  afterEach(() => directory[Symbol.dispose]());
  const read = (name: string, text: string) => readLoggerConfig(directory.file(name, text));

  it('reads arguments as Python writes them', () => {
    expect(readPythonArguments("('/var/log/x.log', 'a', 10)")).to.deep.equal(['/var/log/x.log', 'a', '10']);
    expect(readPythonArguments('(sys.stdout,)')).to.deep.equal(['sys.stdout']);
    expect(readPythonArguments('(("localhost", 514), LOG_DAEMON)')).to.deep.equal([['localhost', '514'], 'LOG_DAEMON']);
    expect(readPythonArguments('()')).to.deep.equal([]);
    expect(readPythonArguments('')).to.deep.equal([]);
  });

  it('gives level and file of an ini', async () => {
    const ini = [
      '[loggers]\nkeys=root,circus\n[handlers]\nkeys=file\n[formatters]\nkeys=plain\n',
      '[logger_root]\nlevel=DEBUG\nhandlers=\n[logger_circus]\nlevel=WARN\nqualname=circus\nhandlers=file\n',
      "[handler_file]\nclass=handlers.RotatingFileHandler\nlevel=NOTSET\nformatter=plain\nargs=('/tmp/x.log', 'a', 1000, 5)\n",
      '[formatter_plain]\nformat=%(message)s\n',
    ].join('');
    const { warnings, ...found } = await read('log.ini', ini);
    expect(found).to.deep.equal({ level: 'warning', output: '/tmp/x.log' });
    expect(warnings).to.have.length(2);
    expect(warnings.join()).to.include('does not rotate here').and.include('format of handler file is not taken over');
  });

  it('gives the root logger and syslog of a dictionary, in JSON or YAML', async () => {
    const handler = { class: 'logging.handlers.SysLogHandler', address: '/dev/log', facility: 'daemon', level: 'ERROR' };
    const dictionary = {
      version: 1,
      handlers: { sys: handler, no: { class: 'my.Handler' } },
      root: { level: 'INFO', handlers: ['no', 'sys'] },
    };
    for (const name of ['log.json', 'log.yaml']) {
      const { warnings, ...found } = await read(name, JSON.stringify(dictionary));
      expect(found).to.deep.equal({ level: 'error', output: 'syslog:///dev/log?daemon' });
      expect(warnings).to.deep.equal([
        `${directory.at(name)}: handler no is not taken over: the log goes to one place, syslog:///dev/log?daemon`,
      ]);
    }
  });

  it('reads an address of syslog with a port, and the standard streams', async () => {
    const ini =
      "[logger_root]\nlevel=30\nhandlers=a\n[handler_a]\nclass=handlers.SysLogHandler\nargs=(('logs', 99), handlers.SysLogHandler.LOG_LOCAL2)\n";
    expect((await read('a.ini', ini)).output).to.equal('syslog://logs:99?local2');
    const stream = { handlers: { a: { class: 'logging.StreamHandler' } }, root: { level: 30, handlers: ['a'] } };
    expect(await read('a.json', JSON.stringify(stream))).to.deep.equal({ level: 'warning', output: '-', warnings: [] });
  });

  it('says so where it names no place that is known here', async () => {
    const { warnings, ...found } = await read('a.yaml', 'root: {level: DEBUG}\n');
    expect(found).to.deep.equal({ level: 'debug' });
    expect(warnings[0]).to.include('no handler of it is of a kind that is known here');
  });

  it('is an error where it can not be read', async () => {
    await rejects(readLoggerConfig('/nonexistent.ini'), 'RM_CONFIG_READ');
    for (const [name, text] of [
      ['a.txt', 'x'],
      ['a.json', '{'],
      ['a.yaml', '- 1'],
    ] as const) {
      await rejects(read(name, text), 'RM_CONFIG_READ');
    }
  });
});
