import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { definePlugin } from 'ringmaster';

/** What checks say of it: declared, so that `ringmaster check` knows it, and added. */
const type = /** @type {const} */ ({
  name: 'heartbeat_file',
  summary: 'Fails where a file was not written for too long.',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['file'],
    properties: {
      file: { type: 'string', description: 'The file; relative to the config.' },
      max_age: { type: ['number', 'string'], quantity: 'duration', unit: 's', default: 30, description: 'How old it may be.' },
    },
  },
});

export default definePlugin({
  name: 'heartbeat_probe',
  summary: 'Adds the probe heartbeat_file: a file that has to be written again and again.',
  schema: {
    type: 'object',
    additionalProperties: false,
    properties: {
      tolerance: {
        type: ['number', 'string'],
        quantity: 'duration',
        unit: 's',
        minimum: 0,
        default: 0,
        description: 'Added to every max_age: how far the clocks of file servers may be apart.',
      },
    },
  },
  probes: [type],
  setup({ config, clock, directory, extend }) {
    extend('probe', {
      ...type,
      /** @param {{file: string, max_age: number}} options */
      async probe({ file, max_age }) {
        const { mtimeMs } = await stat(resolve(directory, file));
        const age_s = (clock.wall() - mtimeMs) / 1000;
        if (age_s > max_age + config.tolerance) throw new Error(`${file} was written ${Math.round(age_s)} s ago, ${max_age} s are allowed`);
      },
    });
  },
});
