import { type Clock, maskText, messageOf, RingmasterError, type SupervisorApi } from '../../core/index.js';
import type { AuditEntry, AuditTrail, LeftTrail } from './audit.js';
import type { Dispatcher, OpenUpgrade } from './dispatch.js';

/** What the plugin leaves to itself in the version that takes over. */
export interface Legacy {
  readonly trail: LeftTrail;
  readonly upgrades: readonly OpenUpgrade[];
}

export interface SuccessionHost {
  readonly supervisor: Pick<SupervisorApi, 'upgrade'>;
  readonly clock: Clock;
  readonly trail: AuditTrail;
  audited(entry: AuditEntry): void;
}

/** Carries the trail over an upgrade of the daemon, and tells in it what came of that. */
export class Succession {
  readonly #host: SuccessionHost;
  #token: string | null = null;

  constructor(host: SuccessionHost) {
    this.#host = host;
  }

  /** Whether this version tells what came of an upgrade with this token. */
  tellsOf(token: unknown): boolean {
    return this.#token !== null && token === this.#token;
  }

  leave(dispatcher: Dispatcher): Legacy {
    // What is given up leaves entries.
    const upgrades = dispatcher.leave(new RingmasterError('RM_CLOSED', ['the supervisor']));
    return { trail: this.#host.trail.leave(), upgrades };
  }

  /** @param token of the request for the upgrade that has brought this version */
  takeOver({ trail, upgrades }: Legacy, token: string | null): void {
    this.#host.trail.resume(trail);
    const open = upgrades.find((upgrade) => upgrade.token === token);
    if (open !== undefined) void this.#tell(open);
  }

  async #tell({ token, began, entry }: OpenUpgrade): Promise<void> {
    this.#token = token;
    const { supervisor, clock, audited } = this.#host;
    const outcome = await supervisor.upgrade({ token }).then(
      () => ({ result: 'ok' as const }),
      (error: unknown) => ({ result: 'error' as const, reason: maskText(messageOf(error)) }),
    );
    const now = clock.wall() / 1000;
    // The wall clock alone goes on from one version to the next.
    audited({ time: now, ...entry, ...outcome, took_ms: Math.max(0, Math.round((now - began) * 1000)) });
  }
}

/** What was left, if it is of this kind. */
export function legacyOf(value: unknown): Legacy | null {
  if (typeof value !== 'object' || value === null || !('trail' in value && 'upgrades' in value)) return null;
  return value as Legacy;
}
