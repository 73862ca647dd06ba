import { RingmasterError } from './errors.js';
import type { AnyPlugin } from './plugin.js';
import type { Scope } from './scope.js';

/** What plugins offer each other, by name. */
export class PluginServices {
  readonly #offers = new Map<string, { readonly plugin: string; readonly value: object }>();

  /** Offers `value` until `scope` ends. @throws RM_PLUGIN_FAILED where the name is taken */
  provide(plugin: string, service: string, value: object, scope: Scope): void {
    const taken = this.#offers.get(service);
    if (taken)
      throw new RingmasterError('RM_PLUGIN_FAILED', [plugin, `service "${service}": plugin "${taken.plugin}" provides it already`]);
    this.#offers.set(service, { plugin, value });
    scope.add(`service ${service}`, () => {
      this.#offers.delete(service);
    });
  }

  /** Names of what a plugin offers, in the order of providing. */
  of(plugin: string): readonly string[] {
    return [...this.#offers].filter(([, offer]) => offer.plugin === plugin).map(([service]) => service);
  }

  /** What a plugin that `asker` requires offers. @throws RM_PLUGIN_FAILED where there is none */
  find(asker: Pick<AnyPlugin, 'name' | 'requires'>, service: string): object {
    const offer = this.#offers.get(service);
    if (!offer) throw new RingmasterError('RM_PLUGIN_FAILED', [asker.name, `service "${service}": no plugin provides it`]);
    if (offer.plugin !== asker.name && !asker.requires?.includes(offer.plugin)) {
      throw new RingmasterError('RM_PLUGIN_FAILED', [
        asker.name,
        `service "${service}": plugin "${offer.plugin}" provides it and must be among requires`,
      ]);
    }
    return offer.value;
  }
}
