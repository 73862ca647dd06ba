import { RingmasterError } from '../../../core/index.js';
import { waitingOption } from '../arguments.js';
import { configOptions, markAdded } from '../circus-options.js';
import { ArgumentError, builtInCommand } from '../command.js';
import { insteadOf, name, pids, waiting } from '../properties.js';
import { printOkWithWarnings, warnings, warningsOf, withWarnings } from '../warnings.js';

const form = 'add [--start] <name> <cmd> [<arg>…]';

export const add = builtInCommand({
  name: 'add',
  summary: 'Add a watcher',
  description: 'Adds a watcher under a name that is free. It stays stopped unless `start` is given.',
  request: {
    type: 'object',
    required: ['name', 'cmd'],
    properties: {
      name,
      cmd: { type: 'string', description: 'The command line.' },
      args: { type: ['array', 'string', 'null'], items: { type: 'string' }, description: 'More arguments.' },
      options: { type: 'object', description: "The watcher's other options, as in the config." },
      start: { type: ['boolean', 'integer', 'null'], description: 'Start it as well (default false).' },
      waiting,
    },
  },
  reply: { type: 'object', properties: { started: pids, kept: pids, instead: { type: 'string' }, warnings } },
  run({ supervisor, endpoints }, properties) {
    const { options = {}, args } = properties;
    const { endpoint_owner } = supervisor.options;
    // As in Circus. It keeps from mistakes, and nobody out: there are other commands.
    if (endpoint_owner !== null && endpoints.endpoint.startsWith('ipc://') && String(options.uid) !== String(endpoint_owner)) {
      throw new RingmasterError('RM_REQUEST_INVALID', ['uid does not match endpoint_owner']);
    }
    const given = { ...configOptions(options), ...(args === undefined || args === null ? {} : { args }) };
    const told: string[] = [];
    const watcher = supervisor.add(properties.name, { ...given, cmd: properties.cmd }, (warning) => told.push(warning));
    markAdded(watcher);
    if (!properties.start) return warningsOf(told);
    const started = watcher.start().then((outcome) => ({ started: outcome.started, kept: outcome.kept, ...insteadOf(outcome) }));
    return withWarnings(started, told);
  },
  cli: {
    usage: '<name> <cmd> [<arg>…]',
    options: [{ name: 'start', summary: 'start it as well', kind: 'switch', default: false }, waitingOption],
    message([watcher, ...words], { start, waiting }) {
      if (watcher === undefined || words.length === 0) throw new ArgumentError(`Invalid number of arguments, expected: ${form}`);
      return { name: watcher, cmd: words.join(' '), start: start === true, ...(waiting === true && { waiting }) };
    },
    print: printOkWithWarnings,
  },
});
