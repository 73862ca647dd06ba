import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'chai';
import { inodesOfPath, inodesOfPort, processName } from '../../../core/os/holder.js';

const TCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1111 1 0 100 0 0 10 0
   1: 0100007F:1F90 0100007F:C001 01 00000000:00000000 00:00000000 00000000     0        0 2222 1 0 20 4 30 10 -1
   2: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 3333 1 0 100 0 0 10 0
`;
const UNIX = `Num       RefCount Protocol Flags    Type St Inode Path
0000000000000000: 00000002 00000000 00010000 0001 01 4444 /run/my app.sock
0000000000000000: 00000003 00000000 00000000 0001 03 5555
`;

describe('who holds an address', () => {
  it('is found by port among the sockets that are bound, not among connections', () => {
    expect(inodesOfPort(TCP, 8080)).to.deep.equal(['1111']);
    expect(inodesOfPort(TCP, 22)).to.deep.equal(['3333']);
    expect(inodesOfPort(TCP, 1)).to.deep.equal([]);
  });

  it('is found by path, one with spaces too', () => {
    expect(inodesOfPath(UNIX, '/run/my app.sock')).to.deep.equal(['4444']);
    expect(inodesOfPath(UNIX, '/run/my')).to.deep.equal([]);
  });

  it('is named by one line, whatever its command line is', async () => {
    const child = spawn('/bin/sh', ['-c', `read line\n: ${'x'.repeat(200)}`]);
    await once(child, 'spawn');
    const name = processName(String(child.pid));
    child.stdin.end();
    await once(child, 'exit');
    expect(name).to.match(new RegExp(`^pid ${child.pid} \\(/bin/sh -c read line : x+…\\)$`));
    expect(name).to.have.length.below(110);
  });
});
