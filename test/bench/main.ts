import { writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { inspect } from 'node:util';
import { readCommandLine, refuse } from '../fixtures/command-line.js';
import { endAll } from './crew.js';
import { FIGURES } from './figures/index.js';
import { measure, scaleOf } from './measure.js';
import { judge, machine, medians, table } from './report.js';

const { values, positionals } = readCommandLine({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    full: { type: 'boolean', default: false },
    json: { type: 'string' },
    rounds: { type: 'string' },
    among: { type: 'string' },
  },
});
for (const [signal, status] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.once(signal, () => {
    endAll();
    process.exit(status);
  });
}
const unknown = positionals.filter((name) => FIGURES[name] === undefined);
if (unknown.length > 0) refuse(`there is no figure ${unknown.join(', ')}; there are ${Object.keys(FIGURES).join(', ')}`);
const rounds = Number(values.rounds ?? (values.quick ? 1 : 3));
if (!(Number.isInteger(rounds) && rounds > 0)) refuse(`--rounds is a whole number above 0, not ${values.rounds}`);

const among = values.among?.split(',');
const chosen = Object.entries(FIGURES).filter(([name, { full }]) =>
  positionals.length > 0 ? positionals.includes(name) : values.full || full !== true,
);
const before = machine();
console.log(JSON.stringify(before));
const figures: Record<string, object> = {};
for (const [name, figure] of chosen) {
  const tell = (line: string): void => {
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${name}: ${line}`);
  };
  // So little work says nothing of what it costs.
  const judged = values.quick ? { ...figure, goals: [] } : figure;
  const { samples, failures } = await measure(figure, { scale: scaleOf(values.quick), rounds, told: tell, ...(among && { among }) });
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  console.log(`\n${name}: ${table(judged, samples)}\n  load ${loadavg()[0]?.toFixed(2)}`);
  for (const [name, error] of failures)
    console.log(`  not measured: ${name}: ${inspect(error.cause ?? error, { breakLength: Number.POSITIVE_INFINITY }).split('\n')[0]}`);
  const all = Object.fromEntries([...samples].map(([contender, each]) => [contender, { median: medians(each), rounds: each }]));
  const failed = Object.fromEntries([...failures].map(([contender, { message }]) => [contender, message]));
  figures[name] = {
    title: figure.title,
    load: loadavg(),
    contenders: all,
    failed,
    goals: judged.goals.flatMap((goal) => judge(goal, samples) ?? []),
  };
}
if (values.json !== undefined) {
  writeFileSync(values.json, `${JSON.stringify({ machine: before, quick: values.quick, rounds, figures }, null, 2)}\n`);
}
