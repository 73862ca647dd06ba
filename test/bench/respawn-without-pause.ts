import { compileLater, staySmall } from '../../core/cli/engine.js';
import { FORMS } from '../fixtures/os.js';
import { holding, Respawner } from '../fixtures/respawner.js';

// A process of its own for the figure `memory`: respawn-without-pause.js FORM EARLY LATE
const AT_ONCE = 8;

const [form = '', early = '', late = ''] = process.argv.slice(2);
const os = await FORMS.find(([name]) => name === form)?.[1]();
if (os === undefined) throw new Error(`there is no form ${form}`);
// As a daemon does, when it has loaded what it needs.
compileLater();
staySmall();
await using respawner = await Respawner.start(os, AT_ONCE);
await respawner.until(Number(early));
const first = holding();
await respawner.until(Number(late));
const last = holding();
const mib = (bytes: number): number => bytes / 2 ** 20;
const sample = {
  early_rss_mib: mib(first.rss_bytes),
  late_rss_mib: mib(last.rss_bytes),
  late_to_early_ratio: last.rss_bytes / first.rss_bytes,
  early_heap_mib: mib(first.heap_bytes),
  late_heap_mib: mib(last.heap_bytes),
  early_fds: first.fds,
  late_fds: last.fds,
};
console.log(JSON.stringify(sample));
