import type { JsonSchema } from './json-schema.js';

/** A type that a plugin adds to an extension point, as the check of configs knows it: declared under `streams` or `probes`. */
export interface TypeDeclaration {
  /** What `type` says. */
  readonly name: string;
  readonly summary: string;
  /** Schema of its options. */
  readonly schema: JsonSchema;
}

/** Types that plugins declare, by name. */
export type DeclaredTypes = ReadonlyMap<string, TypeDeclaration>;

type Declaring = Readonly<Partial<Record<'streams' | 'probes', readonly TypeDeclaration[]>>>;

/** Those of these plugins; of two of one name the first. */
export function declaredTypes(plugins: Iterable<Declaring>, point: keyof Declaring): DeclaredTypes {
  const types = new Map<string, TypeDeclaration>();
  for (const { [point]: declared = [] } of plugins) for (const type of declared) if (!types.has(type.name)) types.set(type.name, type);
  return types;
}
