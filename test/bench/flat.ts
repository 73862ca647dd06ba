import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { FORMS } from '../fixtures/os.js';
import { type Holding, holding, Respawner } from '../fixtures/respawner.js';

// Whether anything grows with the number of respawns. See README.md beside the source of this file.
const MARKS = [100, 1000, 2000, 4000, 6000, 8000, 10_000];
const AT_ONCE = 8;

const [form] = process.argv.slice(2);
if (form === undefined) {
  for (const [name] of FORMS) {
    const child = spawn(process.execPath, [fileURLToPath(import.meta.url), name], { stdio: 'inherit' });
    await once(child, 'exit');
  }
} else {
  const os = await FORMS.find(([name]) => name === form)?.[1]();
  if (os === undefined) throw new Error(`there is no form ${form}`);
  console.log(`${form}\nrespawns   RSS MiB  heap MiB   fds  listeners  resources`);
  await using respawner = await Respawner.start(os, AT_ONCE);
  for (const mark of MARKS) {
    await respawner.until(mark);
    print(respawner.respawns, holding());
  }
}

function print(respawns: number, { rss_bytes, heap_bytes, fds, listeners, resources }: Holding): void {
  const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);
  const cells = [String(respawns).padStart(8), mib(rss_bytes).padStart(8), mib(heap_bytes).padStart(8), String(fds).padStart(4)];
  console.log(`${cells.join('  ')}  ${String(listeners).padStart(9)}  ${JSON.stringify(resources)}`);
}
