import { chmodSync } from 'node:fs';
import { expect } from 'chai';
import { counted, failureLine, problemCounts, readyLine, waitsFor } from '../../../core/cli/daemon-report.js';
import { ownName } from '../../../core/cli/own-name.js';
import type { ProcessView, WatcherStatus } from '../../../core/index.js';
import { RingmasterError } from '../../../core/index.js';
import { TemporaryDirectory } from '../../fixtures/cli/temporary.js';

const seen = (name: string, status: WatcherStatus, pids: readonly number[]) => ({
  name,
  status,
  processes: (): readonly ProcessView[] =>
    pids.map((pid, index) => ({ pid, wid: index + 1, started: 0, age: 0, generation: 1, stopping: false })),
});
const problem = (severity: 'error' | 'warning') => ({ severity, file: null, line: null, column: null, path: '', message: '' });

describe('what the daemon reports', () => {
  it('counts what runs, and names what does not', () => {
    expect(readyLine([seen('web', 'active', [1, 2]), seen('tick', 'active', [3])])).to.equal('ready: 2 watchers, 3 processes');
    expect(readyLine([seen('web', 'active', [1]), seen('tick', 'stopped', [])])).to.equal(
      'ready: 2 watchers, 1 process; not active: tick (stopped)',
    );
  });

  it('names the processes that a stop still waits for', () => {
    expect(waitsFor([seen('web', 'stopping', [12, 13]), seen('tick', 'stopping', [14]), seen('done', 'stopped', [])])).to.equal(
      'web (pids 12, 13), tick (pid 14)',
    );
    expect(waitsFor([])).to.equal('the plugins to close');
  });

  it('names the first of very many, and counts the rest', () => {
    const all = Array.from({ length: 6000 }, (_, index) => seen(`w${index}`, 'stopped', []));
    expect(readyLine(all)).to.match(/; not active: w0 \(stopped\), .*, w19 \(stopped\) and 5980 more$/);
    const pids = Array.from({ length: 10_000 }, (_, index) => 100 + index);
    expect(waitsFor([seen('web', 'stopping', pids)])).to.match(/^web \(pids 100, .*, 119 and 9980 more\)$/);
  });

  it('counts problems by severity', () => {
    expect(problemCounts([])).to.equal('no problems');
    expect(problemCounts([problem('warning'), problem('error'), problem('error')])).to.equal('2 errors, 1 warning');
    expect(counted(1, 'watcher')).to.equal('1 watcher');
  });

  it('puts what to do behind what went wrong', () => {
    const error = new RingmasterError('RM_FILE_EXISTS', ['x.yaml']);
    expect(failureLine('ringmaster init', error)).to.equal(
      'ringmaster init: cannot write x.yaml: it exists; choose another name, or add --force to replace it\n',
    );
    const failed = new RingmasterError('RM_PLUGIN_FAILED', ['control', 'setup'], { cause: error });
    expect(failureLine('ringmaster run', failed)).to.equal(
      'ringmaster run: plugin "control" failed in setup: cannot write x.yaml: it exists; choose another name, or add --force to replace it\n',
    );
    expect(failureLine('ringmaster run', new Error('no space'))).to.equal('ringmaster run: no space\n');
  });
});

describe('what a person types to run ringmaster', () => {
  it('goes by npx where npm started it, or where PATH has none', () => {
    using directory = new TemporaryDirectory();
    const PATH = `/nonexistent:${directory.path}`;
    expect(ownName({ PATH })).to.equal('npx ringmaster');
    chmodSync(directory.file('ringmaster', '#!/bin/sh\n'), 0o644);
    expect(ownName({ PATH: '' })).to.equal('npx ringmaster');
    chmodSync(directory.at('ringmaster'), 0o755);
    expect(ownName({ PATH })).to.equal('ringmaster');
    expect(ownName({ PATH, npm_execpath: '/usr/lib/npm' })).to.equal('npx ringmaster');
    expect(ownName({ PATH, npm_command: 'exec' })).to.equal('npx ringmaster');
  });
});
