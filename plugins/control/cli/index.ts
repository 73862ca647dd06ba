import type { VerbProvider } from '../../../core/index.js';
import { Client } from '../client.js';
import { commandTable } from '../commands/index.js';
import { auditVerb } from './audit-verb.js';
import { controlVerb, groupRank, SHARED_OPTIONS, targetOf } from './control-verb.js';
import { circusctl } from './ctl.js';
import { keysVerbs } from './keys-verbs.js';
import { listenVerb } from './listen.js';
import { remoteVerbs } from './remote-verbs.js';
import { circusTop, topVerb } from './top/index.js';

/** `listen` is no request, `audit` can do more; the other two are known to circusctl alone, which says why they can't be. */
const LEFT_OUT: readonly string[] = ['listen', 'audit', 'ipython', 'ipythonshell'];
const commands = [...commandTable.values()]
  .filter(({ name }) => !LEFT_OUT.includes(name))
  .sort((a, b) => groupRank(a.name) - groupRank(b.name));

/** What the control plugin adds to the command line: a verb for each command, `listen`, `top`, circusctl and circus-top. */
const provider: VerbProvider = {
  verbs: [
    ...commands.flatMap((command) => (command.cli === undefined ? [] : [controlVerb(command, command.cli)])),
    auditVerb,
    listenVerb,
    topVerb,
    ...keysVerbs,
  ],
  programs: [circusctl, circusTop],
  options: SHARED_OPTIONS,
  moreVerbs: remoteVerbs,
  connect: (values, io) => new Client(targetOf(values, io)),
  hint: ({ endpoint }, own_name) => `${own_name} status${endpoint === null ? '' : ` --endpoint ${endpoint}`}`,
};
export default provider;
