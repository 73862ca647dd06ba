import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { curveKeyPair } from 'zeromq';
import { isRingmasterError } from '../../../core/index.js';
import { parseAuthorized, writeAuthorized } from '../../../plugins/control/curve/authorized.js';
import { newKeyPair, readKeyFile, readKeyPair, writeKeyFile } from '../../../plugins/control/curve/key-files.js';
import { proofOf } from '../../../plugins/control/curve/proof.js';
import { decodeZ85, encodeZ85, isKey } from '../../../plugins/control/curve/z85.js';

/** Why a file was refused. */
function refusal(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (isRingmasterError(error, 'RM_KEY_FILE')) return error.message;
    throw error;
  }
  return 'it was not refused';
}

describe('key files', () => {
  let directory: string;
  beforeEach(() => {
    directory = join(mkdtempSync(join(tmpdir(), 'rm-keys-')), 'keys');
  });
  afterEach(() => rmSync(join(directory, '..'), { recursive: true }));

  it('have no public key that a command line would take for an option', () => {
    const made = ['-w', '--', 'w-'];
    expect(newKeyPair(() => ({ publicKey: made.shift() ?? '' }))).to.deep.equal({ publicKey: 'w-' });
  });

  it('are written with mode 600 in a directory of mode 700 and read again', () => {
    const { publicKey, secretKey } = curveKeyPair();
    const file = join(directory, 'a.key');
    writeKeyFile(file, `public ${publicKey}\nsecret ${secretKey}\n`, true);
    expect([statSync(file).mode & 0o777, statSync(directory).mode & 0o777]).to.deep.equal([0o600, 0o700]);
    expect(readKeyPair(file)).to.deep.equal({ public_key: publicKey, secret_key: secretKey });
    expect(refusal(() => writeKeyFile(file, 'x', true))).to.include('it is there already');
  });

  it('are not followed where they are symbolic links, in reading and in writing', () => {
    mkdirSync(directory, { mode: 0o700 });
    const target = join(directory, '..', 'target');
    writeFileSync(target, 'not ours', { mode: 0o600 });
    const link = join(directory, 'a.key');
    symlinkSync(target, link);
    expect(refusal(() => readKeyFile(link, true))).to.include('it is a symbolic link');
    writeKeyFile(link, 'ours');
    expect([readFileSync(target, 'utf8'), readFileSync(link, 'utf8')]).to.deep.equal(['not ours', 'ours']);
    const linked = join(directory, '..', 'linked');
    symlinkSync(directory, linked);
    expect(refusal(() => writeKeyFile(join(linked, 'b.key'), 'x'))).to.include('its directory is a symbolic link');
  });

  it('are refused where others may read the secret ones, or change the others', () => {
    writeKeyFile(join(directory, 'a'), 'x');
    chmodSync(join(directory, 'a'), 0o644);
    expect(refusal(() => readKeyFile(join(directory, 'a'), true))).to.include('others may read it (mode 644)');
    expect(readKeyFile(join(directory, 'a'), false)).to.equal('x');
    chmodSync(join(directory, 'a'), 0o620);
    expect(refusal(() => readKeyFile(join(directory, 'a'), false))).to.include('others may change it');
    chmodSync(directory, 0o755);
    expect(refusal(() => writeKeyFile(join(directory, 'b'), 'x'))).to.include('others get into its directory');
    expect(refusal(() => readKeyFile(directory, true))).to.include('it is not a file');
  });

  it('name keys with roles, and say which line is none', () => {
    const keys = [{ public_key: curveKeyPair().publicKey, role: 'operate', name: 'me@host' }] as const;
    expect(parseAuthorized(writeAuthorized(keys))).to.deep.equal(keys);
    expect(() => parseAuthorized(`# x\n${keys[0].public_key} root me\n`)).to.throw('line 2 is not KEY ROLE NAME');
    expect(() => parseAuthorized('short read me')).to.throw('line 1');
  });

  it('hold keys as ZeroMQ writes them', () => {
    const { publicKey } = curveKeyPair();
    expect(encodeZ85(decodeZ85(publicKey) ?? Buffer.alloc(0))).to.equal(publicKey);
    expect(['x', `${publicKey}00000`, `${publicKey.slice(1)} `, '%nSc0'].map(isKey)).to.deep.equal([false, false, false, false]);
  });

  it('prove whose they are: both ends compute the same text, and nobody else does', () => {
    const [daemon, client, stranger] = [curveKeyPair(), curveKeyPair(), curveKeyPair()];
    const proof = proofOf(client.secretKey, daemon.publicKey);
    expect(proofOf(daemon.secretKey, client.publicKey)).to.equal(proof);
    expect(proofOf(stranger.secretKey, daemon.publicKey)).to.not.equal(proof);
  });
});
