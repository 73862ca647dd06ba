import { expect } from 'chai';
import { codeRangeBytes } from '../../../core/os/code-range.js';

const KIB = 1024;

describe('what V8 sets aside for machine code', () => {
  const cases: readonly [string, string, number][] = [
    [
      'is next to nothing where only what is in use may be written',
      `00b82000-02642000 r-xp 00782000 fe:00 2638808                            /usr/bin/node
7fca39fc3000-7fca39fff000 rwxp 00000000 00:00 0 
7fca39fff000-7fca59e00000 ---p 00000000 00:00 0 
`,
      240 * KIB,
    ],
    [
      'is all of it where all of it may be written, and that of one thread where there are several',
      `0074a000-03044000 r-xp 0034a000 fe:00 3162531                            /usr/bin/node
7ff8a4000000-7ff8c3dc0000 rwxp 00000000 00:00 0 
7ff8e4000000-7ff903dc0000 rwxp 00000000 00:00 0 
7ff903fc5000-7ff904000000 rwxp 00000000 00:00 0 
`,
      521_984 * KIB,
    ],
    ['is nothing where there is none', '7ff904000000-7ff90c000000 ---p 00000000 00:00 0 \n', 0],
  ];
  for (const [title, maps, bytes] of cases) it(title, () => expect(codeRangeBytes(maps)).to.equal(bytes));
});
