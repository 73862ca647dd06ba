import type { VerbProvider } from '../../../core/index.js';
import { commandTable } from '../commands/index.js';
import { controlVerb, SHARED_OPTIONS } from './control-verb.js';
import { circusctl } from './ctl.js';
import { chooseEndpoint } from './endpoint.js';
import { listenVerb } from './listen.js';

const commands = [...commandTable.values()].filter((command) => command.name !== listenVerb.name);

/** What the control plugin adds to the command line: a verb for each command, `listen`, and circusctl. */
const provider: VerbProvider = {
  verbs: [...commands.flatMap((command) => (command.cli === undefined ? [] : [controlVerb(command, command.cli)])), listenVerb],
  programs: [circusctl],
  options: SHARED_OPTIONS,
  announce(options) {
    const endpoint = options.endpoint ?? chooseEndpoint(undefined, [], process.env);
    const named = options.endpoint === null ? '' : ` --endpoint ${endpoint}`;
    return { where: `control endpoint ${endpoint}`, hint: `ringmaster status${named}` };
  },
};
export default provider;
