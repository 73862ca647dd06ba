import { expectArguments, listOf, objectOf, processLine } from '../arguments.js';
import { builtInCommand } from '../command.js';
import { daemonInfo } from '../process-info.js';
import { noRequest } from '../properties.js';

export const dstats = builtInCommand({
  name: 'dstats',
  summary: 'Show what the daemon itself uses',
  description: 'Tells what the daemon itself uses: memory, processor time and so on.',
  request: noRequest,
  reply: { type: 'object', properties: { info: { type: 'object', description: "The daemon's process information." } } },
  run: ({ sampler }) => ({ info: daemonInfo(sampler) }),
  cli: {
    usage: '',
    options: [],
    message(args) {
      expectArguments(args, 0, 0, 'dstats');
      return {};
    },
    print(reply) {
      const info = objectOf(reply.info);
      const children = listOf(info.children).map((child) => `    ${processLine(child)}`);
      return ['Main Process:', `    ${processLine(info)}`, ...(children.length > 0 ? ['Children:', ...children] : [])].join('\n');
    },
  },
});
