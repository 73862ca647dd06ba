import { Daemon, sleepers } from '../fixtures/daemon.js';
import { quantile, type Respawn, Respawns } from '../fixtures/respawns.js';

// How long the replacement of a killed process takes. See README.md beside the source of this file.
const KILLS = 300;

console.log('from SIGKILL to the replacement, ms');
console.log('workers  kills  running: median    p99    event: median    p99');
for (const workers of [1, 30, 300]) {
  await using daemon = await Daemon.start(sleepers(workers));
  using respawns = await Respawns.of(daemon);
  const done: Respawn[] = [];
  // In turn, and each no more than three times: a command that keeps dying young waits before it is started again.
  for (let round = 0; round < Math.min(KILLS, workers * 3); round++) {
    const pids = await respawns.pids();
    done.push(await respawns.kill(pids[round % workers] ?? 0));
  }
  const running = done.map((one) => one.running_ms);
  const event = done.map((one) => one.event_ms);
  const cells = [quantile(running, 0.5), quantile(running, 0.99), quantile(event, 0.5), quantile(event, 0.99)];
  const [median, p99, eventMedian, eventP99] = cells.map((value) => value.toFixed(2));
  console.log(
    `${String(workers).padStart(7)}  ${String(done.length).padStart(5)}  ${median?.padStart(15)}  ${p99?.padStart(5)}  ${eventMedian?.padStart(14)}  ${eventP99?.padStart(5)}`,
  );
}
