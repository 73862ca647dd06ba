import { expect } from 'chai';
import { looksSecret, maskSecrets, maskText } from '../../core/secrets.js';

describe('secrets', () => {
  for (const name of [
    'PASSWORD',
    'db_password',
    'PGPASSWORD',
    'apiKey',
    'API_KEY',
    'KEY',
    'SECRET',
    'GITHUB_TOKEN',
    'authToken',
    'SENTRY_DSN',
    'AWS_CREDENTIALS',
    'mysql.pwd',
    'AUTHORIZATION',
  ]) {
    it(`takes ${name} for one`, () => {
      expect(looksSecret(name)).to.equal(true);
    });
  }

  for (const name of [
    'MONKEY',
    'public_key',
    'keys',
    'KEYBOARD',
    'TOKENIZER',
    'max_tokens',
    'secret_key_file',
    'TOKEN_COUNT',
    'author',
    'PATH',
    'compass',
    'cmd',
    'authorized_keys_file',
  ]) {
    it(`does not take ${name} for one`, () => {
      expect(looksSecret(name)).to.equal(false);
    });
  }

  it('masks the password of a URL and leaves the rest of the text', () => {
    expect(maskText('at postgres://me:hunter2@db/x?y=1 now')).to.equal('at postgres://me:***@db/x?y=1 now');
    expect(maskText('http://localhost:8080/a@b')).to.equal('http://localhost:8080/a@b');
    expect(maskText('redis://:p@ss@one:1,redis://:b@two me@x')).to.equal('redis://:***@one:1,redis://:***@two me@x');
  });

  it('masks at any depth, and neither nothing nor switches', () => {
    const found = maskSecrets({ env: { A: 'x', DB_PASSWORD: 'p' }, list: [{ token: 7 }], secret: '', key: null, password: true });
    expect(found).to.deep.equal({ env: { A: 'x', DB_PASSWORD: '***' }, list: [{ token: '***' }], secret: '', key: null, password: true });
  });

  it('looks into an object whose name is that of a secret, and masks one that is marked whole', () => {
    expect(maskSecrets({ credentials: { A: 'from' } })).to.deep.equal({ credentials: { A: 'from' } });
    const marked = new Map([['notify', new Set(['headers'])]]);
    expect(maskSecrets({ plugins: { notify: { headers: { A: 'b' } } }, headers: { A: 'b' } }, marked)).to.deep.equal({
      plugins: { notify: { headers: '***' } },
      headers: { A: 'b' },
    });
  });

  it('masks both values of an option that differs, of a plugin those that are marked', () => {
    const marked = new Map([['http', new Set(['pin'])]]);
    const changes = [{ option: 'pin', from: 'a', to: 'b' }];
    const steps = [
      { do: 'set', watcher: 'web', changes: [{ option: 'db_password', from: 'a', to: null }, ...changes] },
      { do: 'plugin_load', plugin: 'http', changes },
      { do: 'restart_daemon', what: 'plugin', name: 'http', changes },
      { do: 'set', watcher: 'web', changes: [{ option: 'http.pin', from: 'a', to: 'b' }] },
    ];
    const hidden = [{ option: 'pin', from: '***', to: '***' }];
    expect(maskSecrets(steps, marked)).to.deep.equal([
      { do: 'set', watcher: 'web', changes: [{ option: 'db_password', from: '***', to: null }, ...changes] },
      { do: 'plugin_load', plugin: 'http', changes: hidden },
      { do: 'restart_daemon', what: 'plugin', name: 'http', changes: hidden },
      { do: 'set', watcher: 'web', changes: [{ option: 'http.pin', from: '***', to: '***' }] },
    ]);
  });

  it('masks the value of an option that says itself that it is one', () => {
    const options = [
      { name: 'url', value: 'x', from: 'config', secret: true },
      { name: 'port', value: 1, from: 'config' },
    ];
    expect(maskSecrets(options)).to.deep.equal([{ name: 'url', value: '***', from: 'config', secret: true }, options[1]]);
  });

  it('leaves alone what is said of a watcher of such a name', () => {
    expect(maskSecrets({ statuses: { auth: 'active' } })).to.deep.equal({ statuses: { auth: 'active' } });
  });

  it('changes nothing of what it is given', () => {
    const given = { password: 'x' };
    maskSecrets(given);
    expect(given).to.deep.equal({ password: 'x' });
  });

  it('copies only what it changes', () => {
    const given = { open: { port: 1, hosts: [{ name: 'a' }] }, closed: { password: 'x' } };
    const shown = maskSecrets(given);
    expect(shown).to.deep.equal({ ...given, closed: { password: '***' } });
    expect(shown).to.have.property('open', given.open);
    expect(maskSecrets(given.open)).to.equal(given.open);
  });

  it('makes a plain object of an error, so that its stack is not written', () => {
    const shown = maskSecrets({ err: Object.assign(new Error('no'), { code: 'E', token: 'x' }) });
    expect(shown).to.deep.equal({ err: { code: 'E', token: '***' } });
  });

  it('asks what is marked only where something could be', () => {
    const asked: string[] = [];
    const marked = {
      get(name: string) {
        asked.push(name);
        return undefined;
      },
    };
    const flat = { numwatchers: 3, status: 'ok', plugin: 'notify', reason: 'none' };
    expect(maskSecrets(flat, marked)).to.deep.equal(flat);
    expect(asked).to.deep.equal([]);
    maskSecrets({ plugins: { notify: {} } }, marked);
    expect(asked).to.deep.equal(['plugins', 'notify']);
  });
});
