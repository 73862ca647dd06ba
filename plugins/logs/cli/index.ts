import type { VerbProvider } from '../../../core/index.js';
import { logsVerb } from './logs-verb.js';

/** What the logs plugin adds to the command line. */
const provider: VerbProvider = { verbs: [logsVerb] };
export default provider;
