import { expect } from 'chai';
import { isLocal } from '../../../core/config/exposure.js';
import { loadText } from './helpers.js';

describe('endpoints that other machines reach', () => {
  for (const endpoint of [
    'ipc:///run/x.sock',
    'tcp://127.0.0.1:5555',
    'tcp://127.8.0.1:*',
    'tcp://localhost:1',
    'tcp://[::1]:5555',
    'tcp://lo:5555',
  ]) {
    it(`do not include ${endpoint}`, () => {
      expect(isLocal(endpoint)).to.equal(true);
    });
  }

  for (const endpoint of [
    'tcp://0.0.0.0:5555',
    'tcp://*:5555',
    'tcp://[::]:5555',
    'tcp://eth0:5555',
    'tcp://10.0.0.7:5555',
    'tcp://127.0.0.1.example.org:1',
    'tcp://example.org:1',
    'udp://127.0.0.1:1',
    'pgm://x;127.0.0.1:5555',
  ]) {
    it(`include ${endpoint}`, () => {
      expect(isLocal(endpoint)).to.equal(false);
    });
  }

  it('are not what is no address, which is an error of its own', async () => {
    for (const text of ['endpoint: localhost\n', 'endpoint: localhost\nallow_remote: true\n', 'endpoint: /run/x.sock\n']) {
      const { problems } = await loadText('a.yaml', text);
      expect(problems.map(({ message }) => message).join('\n')).to.match(/^must be ipc:\/\/PATH or tcp:\/\/HOST:PORT, got "[\w./]+"$/);
    }
  });

  for (const key of ['endpoint', 'pubsub_endpoint', 'stats_endpoint']) {
    it(`are an error without keys: ${key}`, async () => {
      const { config, problems } = await loadText('a.yaml', `${key}: tcp://0.0.0.0:5555\n`);
      expect([config, problems.length]).to.deep.equal([null, 1]);
      expect(problems[0]).to.include({ severity: 'error', path: key, found: 'tcp://0.0.0.0:5555' });
      expect(problems[0]?.fix).to.include('ringmaster keys').and.include('allow_remote');
    });
  }

  it('are a warning in a circus.ini, which runs as it has always run', async () => {
    const { config, problems } = await loadText('a.ini', '[circus]\nendpoint = tcp://0.0.0.0:5555\n');
    expect(config?.endpoint).to.equal('tcp://0.0.0.0:5555');
    expect(problems.map(({ severity, path, line }) => [severity, path, line])).to.deep.equal([['warning', 'endpoint', 2]]);
  });

  it('are allowed with keys, and for whoever says so', async () => {
    const curve = 'curve: {secret_key_file: /a, authorized_keys_file: /b}';
    for (const [file, text] of [
      ['a.yaml', `endpoint: tcp://0.0.0.0:5555\n${curve}\n`],
      ['b.yaml', 'endpoint: tcp://0.0.0.0:5555\nallow_remote: true\n'],
      ['c.ini', '[circus]\nendpoint = tcp://0.0.0.0:5555\nallow_remote = true\n'],
    ] as const) {
      const { config, problems } = await loadText(file, text);
      expect(config?.endpoint).to.equal('tcp://0.0.0.0:5555');
      expect(problems).to.deep.equal([]);
    }
  });

  it('are as much of an error where a unix socket has no file: every user of the machine may open it, keys or not', async () => {
    const curve = 'curve: {secret_key_file: /a, authorized_keys_file: /b}';
    for (const more of ['', curve]) {
      const { config, problems } = await loadText('a.yaml', `endpoint: ipc://@x\n${more}\n`);
      expect([config, problems.length]).to.deep.equal([null, 1]);
      expect(problems[0]).to.include({ severity: 'error', path: 'endpoint', found: 'ipc://@x' });
      expect(problems[0]?.message).to.include('by every user of this machine');
    }
    const { problems } = await loadText('a.ini', '[circus]\npubsub_endpoint = ipc://@x\n');
    expect(problems.map(({ severity, path }) => [severity, path])).to.deep.equal([['warning', 'pubsub_endpoint']]);
    expect((await loadText('b.yaml', 'endpoint: ipc://@x\nallow_remote: true\n')).problems).to.deep.equal([]);
  });
});
