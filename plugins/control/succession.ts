import { type Clock, maskText, messageOf, RingmasterError, type SupervisorApi } from '../../core/index.js';
import { type AuditEntry, type AuditTrail, CRASHED, type OpenEntry } from './audit.js';
import type { Dispatcher, OpenUpgrade } from './dispatch.js';

/** What the plugin leaves to itself in the version that takes over; the trail is kept anyhow. */
export interface Legacy {
  readonly upgrades: readonly OpenUpgrade[];
}

/** What there is of the daemon before, as the hook `taken_over` has it. */
export interface Former {
  readonly legacy: Legacy | null;
  /** Of the request for the upgrade that has brought this version. */
  readonly token: string | null;
  readonly kept: Readonly<Record<string, unknown>>;
  readonly crashed: { readonly last_alive: number | null } | null;
}

export interface SuccessionHost {
  readonly supervisor: Pick<SupervisorApi, 'upgrade'>;
  readonly clock: Clock;
  readonly trail: AuditTrail;
  audited(entry: AuditEntry): void;
}

/** Goes on with the trail of the daemon before, and tells in it what came of an upgrade, or that the daemon has crashed. */
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
    return { upgrades: dispatcher.leave(new RingmasterError('RM_UPGRADED', [])) };
  }

  takeOver({ legacy, token, kept, crashed }: Former): void {
    const open = this.#host.trail.resume(kept);
    if (crashed !== null) this.#tellOfCrash(crashed.last_alive, open);
    const upgrade = legacy?.upgrades.find((one) => one.token === token);
    if (upgrade !== undefined) void this.#tellOfUpgrade(upgrade);
  }

  /** Nobody knows how far it came with what was asked of it. */
  #tellOfCrash(last_alive: number | null, open: readonly OpenEntry[]): void {
    const { clock, audited } = this.#host;
    const now = clock.wall() / 1000;
    for (const { began, entry } of open) {
      const time = last_alive ?? now;
      const took_ms = Math.max(0, Math.round((time - began) * 1000));
      audited({ time, ...entry, result: 'error', reason: 'the daemon ended before this had come to an end', took_ms });
    }
    const when = last_alive === null ? '' : `; it was last known to live at ${new Date(last_alive * 1000).toISOString()}`;
    audited({
      time: now,
      watcher: '',
      who: CRASHED,
      role: 'admin',
      connection: '',
      command: 'crash',
      properties: {},
      result: 'error',
      reason: `the daemon before did not end in order${when}`,
      took_ms: 0,
    });
  }

  async #tellOfUpgrade({ token, began, entry }: OpenUpgrade): Promise<void> {
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
  if (typeof value !== 'object' || value === null || !('upgrades' in value)) return null;
  return value as Legacy;
}
