import type { JsonSchema } from './json-schema.js';

/** A type of destination for output, as the config knows it: what a plugin declares under `streams`. */
export interface StreamDeclaration {
  /** What `type` of an output says. */
  readonly name: string;
  readonly summary: string;
  /** Schema of its options, besides `type` and `when_slow`. */
  readonly schema: JsonSchema;
}

/** Types of destinations that plugins declare, by name. */
export type StreamTypes = ReadonlyMap<string, StreamDeclaration>;

/** Those of these plugins; of two of one name the first. */
export function streamTypes(plugins: Iterable<{ readonly streams?: readonly StreamDeclaration[] }>): StreamTypes {
  const types = new Map<string, StreamDeclaration>();
  for (const { streams = [] } of plugins) for (const stream of streams) if (!types.has(stream.name)) types.set(stream.name, stream);
  return types;
}
