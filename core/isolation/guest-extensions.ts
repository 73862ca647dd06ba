import type { SupervisorApi } from '../api.js';
import { RingmasterError } from '../errors.js';
import { type ExtensionPoint, type ExtensionTypes, extensionFlaw } from '../extension-points.js';
import type { RouteRequest } from '../extension-types.js';
import type { Scope } from '../scope.js';
import type { GuestMessage, ToHost } from './messages.js';
import { REMOTE_POINTS } from './remote-extensions.js';

type AnyFunction = (...given: readonly unknown[]) => unknown;

interface GuestExtensionsHost {
  readonly plugin: string;
  readonly tier: string;
  readonly scope: Scope;
  readonly supervisor: SupervisorApi;
  send(message: ToHost): void;
}

/** What a plugin in its thread or process adds to the work of others: data goes to the daemon, functions stay here. */
export class GuestExtensions {
  readonly #host: GuestExtensionsHost;
  readonly #functions = new Map<number, ReadonlyMap<string, AnyFunction>>();
  #made = 0;

  constructor(host: GuestExtensionsHost) {
    this.#host = host;
  }

  /** @throws RM_EXTENSION_INVALID as in the daemon; RM_PLUGIN_ISOLATION for a point that is of the daemon alone */
  extend<P extends ExtensionPoint>(point: P, contribution: ExtensionTypes[P]): AsyncDisposable {
    const { plugin, tier, scope, send } = this.#host;
    if (!isRemote(point)) {
      const there = `only to ${Object.keys(REMOTE_POINTS).join(', ')}`;
      throw new RingmasterError('RM_PLUGIN_ISOLATION', [
        plugin,
        tier,
        `it adds to "${point}", and from outside of the daemon it can add ${there}`,
      ]);
    }
    const flaw = extensionFlaw(point, contribution);
    if (flaw !== null) {
      throw new RingmasterError('RM_EXTENSION_INVALID', [plugin, `${point}.${flaw.field}`, flaw.found, flaw.allowed], {
        context: { ...flaw },
      });
    }
    const extension = ++this.#made;
    const entries = Object.entries(contribution);
    const functions = entries.flatMap(([name, value]) => (typeof value === 'function' ? [[name, value.bind(contribution)] as const] : []));
    this.#functions.set(extension, new Map(functions));
    const data = Object.fromEntries(entries.filter(([, value]) => typeof value !== 'function' && value !== undefined));
    const watch = functions.find(([name]) => name === 'watch')?.[1];
    send({ type: 'extend', extension, point, contribution: data, watched: watch !== undefined });
    const watching: unknown = watch?.(() => send({ type: 'changed', extension }));
    return scope.add(`${point} ${extension}`, () => {
      if (typeof watching === 'object' && watching !== null && Symbol.dispose in watching) (watching as Disposable)[Symbol.dispose]();
      this.#functions.delete(extension);
      send({ type: 'withdraw', extension });
    });
  }

  /** Calls one of the functions. @throws Error where it was withdrawn, and whatever the function throws */
  invoke({ extension, function: name, args }: GuestMessage<'invoke'>): unknown {
    const fn = this.#functions.get(extension)?.get(name);
    if (fn === undefined) throw new Error(`${name} of extension ${extension} was withdrawn`);
    const [first] = args;
    if (name === 'handle') return fn(requestOf(first));
    if (name === 'run') return fn(first, { supervisor: this.#host.supervisor });
    if (name === 'probe') return fn(first, this.#host.scope.signal);
    return fn();
  }

  /** Where there is no such call it says nothing of the plugin's own contributions either. @throws RM_PLUGIN_ISOLATION */
  list(point: string): never {
    const why = `extensions("${point}"): what others add is in the daemon`;
    throw new RingmasterError('RM_PLUGIN_ISOLATION', [this.#host.plugin, this.#host.tier, why]);
  }
}

/** A request over HTTP as its page gets it in the daemon, but that nobody tells whether whoever asked is gone. */
function requestOf(given: unknown): RouteRequest {
  const request = given as Omit<RouteRequest, 'query' | 'signal'> & { readonly query: string };
  return { ...request, query: new URLSearchParams(request.query), signal: new AbortController().signal };
}

function isRemote(point: ExtensionPoint): point is keyof typeof REMOTE_POINTS {
  return Object.hasOwn(REMOTE_POINTS, point);
}
