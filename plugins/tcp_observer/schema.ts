import {
  applicationName,
  type FromSchema,
  namedChecks,
  type OptionsSchema,
  paceOptions,
  statsdOptions,
  tcpProbeOptions,
} from '../../core/index.js';

/** Circus has none of this; its options are in the manner of `http_observer`. */
export const schema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    ...paceOptions,
    checks: namedChecks('Where to connect to, by name.', tcpProbeOptions, ['port']),
    ...applicationName('tcp_observer'),
    ...statsdOptions,
  },
} as const satisfies OptionsSchema;

export type Options = FromSchema<typeof schema>;
