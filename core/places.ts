import { fileURLToPath } from 'node:url';

// All from this file, which is merged into others beside it: a place that is told from elsewhere would be another one then.

/** Directory of the plugins that come with ringmaster, each in one of its own. */
export const PACKAGED = fileURLToPath(new URL('../plugins/', import.meta.url));

/** The program `ringmaster`, for Node. */
export const MAIN = fileURLToPath(new URL('./main.cjs', import.meta.url));
