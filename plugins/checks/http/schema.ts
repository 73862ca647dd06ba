import { type FromSchema, httpProbeOptions, type JsonSchema } from '../../../core/index.js';

export const schema = {
  type: 'object',
  additionalProperties: false,
  required: ['url'],
  properties: httpProbeOptions,
} as const satisfies JsonSchema;

type Options = FromSchema<typeof schema>;

/** What is asked for, and what has to be answered. */
export type HttpProbe = {
  readonly [K in keyof Options]: Options[K] extends (infer I)[] ? readonly I[] : Readonly<Options[K]>;
};
