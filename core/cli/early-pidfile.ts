import { type AnyPlugin, definePlugin } from '../plugin.js';

/** Before any other tap: whoever waits for the end is told in one of those. */
const FIRST = -1000;

/** Has the pidfile removed when everything has stopped, before anybody is told. @param remove does nothing the second time */
export function earlyPidfile(remove: () => void): AnyPlugin {
  return definePlugin({
    name: 'pidfile',
    summary: 'Removes the pidfile when everything has stopped.',
    schema: { type: 'object', additionalProperties: false, properties: {} },
    hooks: ['shutdown'],
    setup({ hooks }) {
      hooks.shutdown.tap(remove, { stage: FIRST });
    },
  });
}
