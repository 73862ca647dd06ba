import { type Checks, definePlugin } from '../../core/index.js';
import { CheckLoop } from './loop.js';

export default definePlugin({
  name: 'checks',
  summary: 'Runs the checks of other plugins and acts on failures. Comes along with those that require it and needs no mention.',
  schema: { type: 'object', additionalProperties: false, properties: {} },
  setup({ clock, log, supervisor, emit, provide }) {
    const checks: Checks = { start: (check) => new CheckLoop(check, { clock, log, supervisor, emit }) };
    provide('checks', checks);
  },
});
