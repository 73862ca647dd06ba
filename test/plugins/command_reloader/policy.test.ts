import { resolve } from 'node:path';
import { expect } from 'chai';
import { fileSet, hasChanged } from '../../../plugins/command_reloader/policy.js';

const set = (files: string | string[]) => fileSet(files, (path) => resolve('/app', path));

describe('command_reloader policy', () => {
  it('takes another time or another path for a change, but neither the first look nor a file that is missing', () => {
    const file = { path: '/app/web', mtime_ms: 1 };
    expect(hasChanged(file, { ...file })).to.equal(false);
    expect(hasChanged(file, { ...file, mtime_ms: 0 })).to.equal(true);
    expect(hasChanged(file, { ...file, path: '/app/web2' })).to.equal(true);
    expect(hasChanged(null, file)).to.equal(false);
    expect(hasChanged(file, null)).to.equal(false);
  });

  const cases: readonly [string | string[], string, boolean][] = [
    ['config.json', '/app/config.json', true],
    ['config.json', '/app/other/config.json', false],
    ['config.json', '/app/configXjson', false],
    ['*.js', '/app/a.js', true],
    ['*.js', '/app/a/b.js', false],
    ['*.js', '/app/.a.js', false],
    ['.*.js', '/app/.a.js', true],
    ['src/**/*.js', '/app/src/a.js', true],
    ['src/**/*.js', '/app/src/a/b/c.js', true],
    ['src/**/*.js', '/app/src/.git/c.js', false],
    ['src/**/*.js', '/app/src.js', false],
    ['src/**', '/app/src/a/b', true],
    ['**/.env', '/app/a/.env', true],
    ['/etc/web/*.conf', '/etc/web/a.conf', true],
    ['../lib/?.js', '/lib/a.js', true],
    ['../lib/?.js', '/lib/ab.js', false],
    ['[a-c].js', '/app/b.js', true],
    ['[!a-c].js', '/app/b.js', false],
    ['[!a-c].js', '/app/d.js', true],
    ['{src,lib}/*.{js,ts}', '/app/lib/a.ts', true],
    ['{src,lib}/*.{js,ts}', '/app/lib/a.css', false],
    ['{src/a,lib}/*.js', '/app/src/a/b.js', true],
    ['a.js b.js', '/app/b.js', true],
    [['a b.js'], '/app/a b.js', true],
    [['**/*.js', '!**/node_modules/**'], '/app/node_modules/a/b.js', false],
    [['**/*.js', '!**/node_modules/**'], '/app/src/b.js', true],
    [['**/*.js', '!**/*.test.js'], '/app/src/b.test.js', false],
    ['a(b)+.js', '/app/a(b)+.js', true],
    ['$x^.js', '/app/$x^.js', true],
  ];
  for (const [files, path, expected] of cases) {
    it(`${JSON.stringify(files)} ${expected ? 'means' : 'does not mean'} ${path}`, () =>
      expect(set(files).matches(path)).to.equal(expected));
  }

  it('has the folders that hold what is meant', () => {
    expect(set(['config.json', 'src/**/*.js', '{src,lib}/x/*', '/etc/a', '*.js']).roots).to.deep.equal([
      '/app',
      '/app/src',
      '/app/src/x',
      '/app/lib/x',
      '/etc',
    ]);
    expect(set([]).roots).to.deep.equal([]);
  });

  const folders: readonly [string | string[], string, boolean][] = [
    ['src/**/*.js', '/app/src/a', true],
    ['src/**/*.js', '/app/src/a/b/c', true],
    ['src/**/*.js', '/app/src/.git', false],
    ['*.js', '/app/src', false],
    ['*/conf/*.js', '/app/web', true],
    ['*/conf/*.js', '/app/web/conf', true],
    ['*/conf/*.js', '/app/web/src', false],
    ['*/conf/*.js', '/app/web/conf/old', false],
    [['**/*.js', '!**/node_modules/**'], '/app/node_modules', false],
    [['**/*.js', '!node_modules'], '/app/node_modules', false],
    [['**/*.js', '!**/*.test.js'], '/app/src', true],
  ];
  for (const [files, folder, expected] of folders) {
    it(`${JSON.stringify(files)} ${expected ? 'may be' : 'is never'} in ${folder}`, () =>
      expect(set(files).mayHold(folder)).to.equal(expected));
  }
});
