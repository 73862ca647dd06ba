import type { FdSource, Os } from '../../../core/os/port.js';
import { FORMS, Output, run } from '../../fixtures/os.js';
import type { Figure, Sample } from '../figure.js';

const SHAPES = ['nothing', 'two pipes'] as const;

async function spawnMany(os: Os, shape: (typeof SHAPES)[number], spawns: number): Promise<Sample> {
  const cpu = process.cpuUsage();
  const begin_ms = performance.now();
  const exits = [];
  for (let index = 0; index < spawns; index++) {
    const fds: [number, FdSource][] = shape === 'nothing' ? [] : [1, 2].map((fd) => [fd, { kind: 'pipe', sink: new Output() }]);
    const { exit } = await run(os, ['/bin/true'], { fds: new Map(fds) });
    exits.push(exit);
  }
  const took_ms = performance.now() - begin_ms;
  await Promise.all(exits);
  const { user, system } = process.cpuUsage(cpu);
  return { each_ms: took_ms / spawns, each_cpu_ms: (user + system) / 1000 / spawns };
}

export const spawn: Figure = {
  title: 'one spawn, by each form of the operating system',
  contenders: (scale) =>
    FORMS.flatMap(([name, form]) =>
      SHAPES.map((shape) => ({
        name: `${name}, ${shape}`,
        measure: async () => await spawnMany(await form(), shape, scale.count(300, 5)),
      })),
    ),
  goals: [],
};
