/**
 * The part of JSON Schema (draft-07) that ringmaster's options use, and the TypeScript type that follows from a schema.
 *
 * Four keywords are ours: `quantity` (a number that a person may also write as text with a unit), `applies`
 * (when a change of the option takes effect), `unit` (for the reference) and `secret` (its value is never shown).
 */
export interface JsonSchema {
  readonly type?: TypeName | readonly TypeName[];
  readonly title?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly propertyNames?: JsonSchema;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly enum?: readonly (string | number | boolean | null)[];
  readonly const?: string | number | boolean | null;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly minProperties?: number;
  readonly pattern?: string;
  /** The value is a number after checking; a person may write text: `250ms`, `5m` | `200M` | `SIGTERM`, `RTMIN+1` | `022`. */
  readonly quantity?: Quantity;
  /** When a change at run time takes effect: at once, by replacing processes, or by restarting the daemon. */
  readonly applies?: 'live' | 'restart' | 'daemon';
  readonly unit?: string;
  /** Its value is `***` in every listing; of a plugin's options those at the top can be marked. */
  readonly secret?: boolean;
  readonly deprecated?: boolean;
}

export type TypeName = 'string' | 'number' | 'integer' | 'boolean' | 'null' | 'object' | 'array';
/** duration: seconds; size: bytes; signal: its number; octal: file mode bits. */
export type Quantity = 'duration' | 'size' | 'signal' | 'octal';

type Simple = { string: string; number: number; integer: number; boolean: boolean; null: null };
type OfType<S, T> = T extends keyof Simple
  ? Simple[T]
  : T extends 'array'
    ? S extends { readonly items: infer I extends JsonSchema }
      ? FromSchema<I>[]
      : unknown[]
    : T extends 'object'
      ? OfObject<S>
      : never;

type Defaulted<P> = { [K in keyof P]: P[K] extends { readonly default: unknown } ? K : never }[keyof P];
type RequiredKeys<S, P> = Defaulted<P> | (S extends { readonly required: readonly (infer R)[] } ? Extract<R, keyof P> : never);
type OfObject<S> = S extends { readonly properties: infer P extends Readonly<Record<string, JsonSchema>> }
  ? Flatten<
      { -readonly [K in RequiredKeys<S, P>]: FromSchema<P[K]> } & {
        -readonly [K in Exclude<keyof P, RequiredKeys<S, P>>]?: FromSchema<P[K]>;
      }
    >
  : S extends { readonly additionalProperties: infer A extends JsonSchema }
    ? Record<string, FromSchema<A>>
    : Record<string, unknown>;
type Flatten<T> = { [K in keyof T]: T[K] };

/** The type of a value that the schema accepts, after defaults are filled in and quantities are made numbers. */
export type FromSchema<S extends JsonSchema> = S extends { readonly quantity: Quantity }
  ? number | (S extends { readonly type: readonly (infer T)[] } ? ('null' extends T ? null : never) : never)
  : S extends { readonly const: infer C }
    ? C
    : S extends { readonly enum: readonly (infer E)[] }
      ? E
      : S extends { readonly anyOf: readonly (infer A)[] }
        ? A extends JsonSchema
          ? FromSchema<A>
          : never
        : S extends { readonly type: readonly (infer T)[] }
          ? OfType<S, T>
          : S extends { readonly type: infer T }
            ? OfType<S, T>
            : unknown;

type InputOfType<S, T> = T extends keyof Simple
  ? Simple[T]
  : T extends 'array'
    ? S extends { readonly items: infer I extends JsonSchema }
      ? readonly FromSchemaInput<I>[]
      : readonly unknown[]
    : T extends 'object'
      ? InputOfObject<S>
      : never;
type InputRequired<S, P> = S extends { readonly required: readonly (infer R)[] } ? Extract<R, keyof P> : never;
type InputOfObject<S> = S extends { readonly properties: infer P extends Readonly<Record<string, JsonSchema>> }
  ? Flatten<
      { readonly [K in InputRequired<S, P>]: FromSchemaInput<P[K]> } & {
        readonly [K in Exclude<keyof P, InputRequired<S, P>>]?: FromSchemaInput<P[K]>;
      }
    >
  : S extends { readonly additionalProperties: infer A extends JsonSchema }
    ? Readonly<Record<string, FromSchemaInput<A>>>
    : Readonly<Record<string, unknown>>;

/** The type of what a person may write for the schema: what has a default may be missing, quantities may be text with a unit. */
export type FromSchemaInput<S extends JsonSchema> = S extends { readonly quantity: Quantity }
  ? FromSchema<S> | string
  : S extends { readonly const: infer C }
    ? C
    : S extends { readonly enum: readonly (infer E)[] }
      ? E
      : S extends { readonly anyOf: readonly (infer A)[] }
        ? A extends JsonSchema
          ? FromSchemaInput<A>
          : never
        : S extends { readonly type: readonly (infer T)[] }
          ? InputOfType<S, T>
          : S extends { readonly type: infer T }
            ? InputOfType<S, T>
            : unknown;
