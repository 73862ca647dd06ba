import { expect } from 'chai';
import { plainCall } from '../../../core/cli/plain-words.js';
import type { Verb, VerbOption } from '../../../core/cli/verb.js';

const OPTIONS: readonly VerbOption[] = [
  { name: 'json', summary: '' },
  { name: 'lines', short: 'n', value: 'LINES', summary: '' },
  { name: 'stream', value: 'STREAM', choices: ['stdout', 'stderr'], summary: '' },
];

const verbs: readonly Verb[] = ['logs', 'plugins', 'plugins describe', 'keys new'].map((name) => ({
  name,
  summary: '',
  group: '',
  usage: '',
  description: '',
  options: OPTIONS,
  run: () => Promise.resolve(0),
}));

const callOf = (words: string): unknown => {
  const call = plainCall(words === '' ? [] : words.split(' '), verbs);
  return call && { verb: call.verb.name, args: call.args, values: call.values };
};

describe('plain words of the command line', () => {
  const plain: Readonly<Record<string, object>> = {
    logs: { verb: 'logs', args: [], values: {} },
    'logs web --json api': { verb: 'logs', args: ['web', 'api'], values: { json: true } },
    'logs --lines 5 --stream=stderr web': { verb: 'logs', args: ['web'], values: { lines: '5', stream: 'stderr' } },
    'logs --lines=': { verb: 'logs', args: [], values: { lines: '' } },
    'logs --lines 1 --lines 2': { verb: 'logs', args: [], values: { lines: '2' } },
    'plugins web': { verb: 'plugins', args: ['web'], values: {} },
    'plugins describe cron': { verb: 'plugins describe', args: ['cron'], values: {} },
    'keys new me': { verb: 'keys new', args: ['me'], values: {} },
  };
  for (const [words, call] of Object.entries(plain)) {
    it(`are: ${words}`, () => expect(callOf(words)).to.deep.equal(call));
  }

  const others = {
    'a question for help': ['', 'logs --help', 'logs -h', 'help logs', 'keys'],
    'a mistake': ['log', 'logs --jso', 'logs --json=yes', 'logs --lines', 'logs --stream both', 'keys old'],
    'what can be read in more than one way': ['logs -n 5', 'logs -n5', 'logs -5', 'logs -', 'logs -- --json', 'logs --lines -5'],
    'an option before a verb': ['--json logs', 'plugins --json describe cron'],
  };
  for (const [what, all] of Object.entries(others)) {
    for (const words of all) it(`are not ${what}: ringmaster ${words}`.trimEnd(), () => expect(callOf(words)).to.equal(null));
  }
});
