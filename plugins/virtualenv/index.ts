import { resolve } from 'node:path';
import { definePlugin } from '../../core/index.js';
import { withVirtualEnvironment } from './environment.js';
import { readVirtualEnvironment } from './files.js';

export default definePlugin({
  name: 'virtualenv',
  summary: 'Runs processes of a watcher in the Python virtual environment that its option virtualenv names.',
  schema: { type: 'object', additionalProperties: false, properties: {} },
  hooks: ['spawn_options'],
  setup({ hooks, directory }) {
    hooks.spawn_options.tap((options, { watcher }) => {
      const { virtualenv, virtualenv_py_ver, copy_env } = watcher.spec;
      if (virtualenv === null) return options;
      if (!copy_env) throw new Error('virtualenv needs copy_env to be true');
      return {
        ...options,
        env: withVirtualEnvironment(options.env, readVirtualEnvironment(resolve(directory, virtualenv), virtualenv_py_ver)),
      };
    });
  },
});
