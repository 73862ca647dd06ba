import { closest } from './config/did-you-mean.js';
import { explain, RingmasterError } from './errors.js';
import { EXTENSION_POINTS, type ExtensionPoint, type ExtensionTypes, extensionFlaw, extensionKey } from './extension-points.js';
import { describeValue } from './hook-result.js';
import type { Logger } from './log.js';
import type { Scope } from './scope.js';

/** One contribution, and whose it is. */
export interface Extension<P extends ExtensionPoint> {
  readonly plugin: string;
  /** Unique among the contributions to its point. */
  readonly key: string;
  readonly value: ExtensionTypes[P];
}

/** The contributions to one point as its consumer sees them. */
export interface Extensions<P extends ExtensionPoint> {
  /** Those that are there now, in the order in which they came. */
  list(): readonly Extension<P>[];
  find(key: string): Extension<P> | undefined;
  /** Has `told` called after each one that comes or goes, until what is returned is disposed of. */
  onChange(told: (change: ExtensionChange<P>) => void): Disposable;
}

export interface ExtensionChange<P extends ExtensionPoint> {
  readonly change: 'added' | 'removed';
  readonly extension: Extension<P>;
}

/** One point: what plugins have contributed to it, and who wants to know. */
class Point {
  readonly extensions = new Map<string, Extension<ExtensionPoint>>();
  readonly #listeners = new Map<symbol, { readonly plugin: string; told(change: ExtensionChange<ExtensionPoint>): void }>();
  readonly #log: Logger;

  constructor(log: Logger) {
    this.#log = log;
  }

  listen(plugin: string, told: (change: ExtensionChange<ExtensionPoint>) => void): Disposable {
    const key = Symbol(plugin);
    this.#listeners.set(key, { plugin, told });
    return { [Symbol.dispose]: () => void this.#listeners.delete(key) };
  }

  /** A listener that throws harms nobody else. */
  tell(change: ExtensionChange<ExtensionPoint>): void {
    for (const { plugin, told } of [...this.#listeners.values()]) {
      try {
        told(change);
      } catch (cause) {
        const error = new RingmasterError('RM_PLUGIN_FAILED', [plugin, `a listener for ${change.extension.key}`], { cause });
        this.#log.error(explain(error), { plugin, code: error.code });
      }
    }
  }
}

/** What the plugins of one supervisor add to each other's work, by extension point. */
export class ExtensionRegistry {
  readonly #log: Logger;
  readonly #points = new Map<ExtensionPoint, Point>();

  constructor(log: Logger) {
    this.#log = log;
  }

  /**
   * Takes a contribution until `scope` ends, or what is returned is disposed of.
   *
   * @throws RM_EXTENSION_INVALID that names the plugin, the point, the field, what was found and what is allowed;
   * RM_EXTENSION_TAKEN that names the plugin which has the key
   */
  extend<P extends ExtensionPoint>(plugin: string, name: P, contribution: ExtensionTypes[P], scope: Scope): AsyncDisposable {
    const point = this.#point(plugin, name);
    const flaw = extensionFlaw(name, contribution);
    if (flaw !== null) {
      throw new RingmasterError(
        'RM_EXTENSION_INVALID',
        [plugin, flaw.field === '' ? name : `${name}.${flaw.field}`, flaw.found, flaw.allowed],
        {
          context: { plugin, point: name, ...flaw },
        },
      );
    }
    const key = extensionKey(name, contribution);
    const taken = point.extensions.get(key);
    if (taken !== undefined)
      throw new RingmasterError('RM_EXTENSION_TAKEN', [plugin, name, key, taken.plugin], { context: { plugin, point: name, key } });
    const extension = Object.freeze({ plugin, key, value: contribution });
    point.extensions.set(key, extension);
    point.tell({ change: 'added', extension });
    return scope.add(`${name} ${key}`, () => {
      point.extensions.delete(key);
      point.tell({ change: 'removed', extension });
    });
  }

  /** The contributions to a point, for the plugin that makes use of them; its listeners end with `scope`. */
  handle<P extends ExtensionPoint>(plugin: string, name: P, scope: Scope): Extensions<P> {
    // What is kept under a point is of the point's type: `extend` takes nothing else.
    const point = this.#point(plugin, name);
    return Object.freeze({
      list: () => [...point.extensions.values()] as Extension<P>[],
      find: (key: string) => point.extensions.get(key) as Extension<P> | undefined,
      onChange: (told: (change: ExtensionChange<P>) => void) => {
        const listener = point.listen(plugin, told as (change: ExtensionChange<ExtensionPoint>) => void);
        const owned = scope.add(`listener for ${name}`, () => listener[Symbol.dispose]());
        return { [Symbol.dispose]: () => void owned[Symbol.asyncDispose]() };
      },
    });
  }

  #point(plugin: string, name: ExtensionPoint): Point {
    if (!Object.hasOwn(EXTENSION_POINTS, name)) {
      const known = Object.keys(EXTENSION_POINTS);
      const meant = closest(String(name), known);
      const allowed = `one of ${known.join(', ')}${meant === undefined ? '' : `; did you mean ${meant}?`}`;
      throw new RingmasterError('RM_EXTENSION_INVALID', [plugin, 'point', describeValue(name), allowed]);
    }
    let point = this.#points.get(name);
    if (point === undefined) {
      point = new Point(this.#log);
      this.#points.set(name, point);
    }
    return point;
  }
}
