import { resourceWatcher } from './plugin.js';
import { systemUsage } from './usage.js';

export default resourceWatcher(systemUsage);
