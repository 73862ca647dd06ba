import {
  type Clock,
  type EventBodies,
  type Extension,
  isRingmasterError,
  type Logger,
  type MarkedSecrets,
  maskSecrets,
  maskText,
  messageOf,
} from '../../core/index.js';
import type { Asker } from './asker.js';
import type { Answer } from './reply.js';
import { roleOf } from './roles.js';

/** What a client asked for, and what came of it. */
export interface AuditEntry extends Readonly<EventBodies['audit']> {
  /** Whose change it is; empty where it concerns no single watcher, `plugin:NAME` for a plugin. */
  readonly watcher: string;
}

/** What is known of a change before it has ended. */
export type BegunEntry = Omit<AuditEntry, 'time' | 'result' | 'took_ms' | 'reason'>;

export interface ChangeHost {
  readonly clock: Clock;
  readonly log: Logger;
  secrets(): MarkedSecrets;
  audited(entry: AuditEntry): void;
  /** Told before anything comes of it. @returns to be called with what makes its entry */
  begun(open: OpenEntry): Closing;
}

/** Calls this at once, and knows then that there is an entry. */
export type Closing = (makeEntry: () => void) => void;

/** As long as a property, or a reason that may have it in it, is kept as it is, characters of JSON. */
const LONGEST_PROPERTY = 400;
const MOST_PROPERTIES = 20;
/** Properties that the client adds of its own accord: nobody has asked for them. */
const OWN_WORDS: ReadonlyMap<string, string> = new Map([['upgrade', 'token']]);

/** One request from before it is looked at to the end of its work; what changes nothing leaves no entry, unless it is refused. */
export class Change {
  asker: Asker = { who: 'a key that is not authorised', role: 'read' };
  readonly #host: ChangeHost;
  readonly #command: Extension<'command'>;
  readonly #client: string;
  readonly #asked: Readonly<Record<string, unknown>>;
  readonly #began_ms: number;
  #over = false;
  #close: Closing = (makeEntry) => makeEntry();

  constructor(host: ChangeHost, command: Extension<'command'>, client: string, asked: Readonly<Record<string, unknown>>) {
    this.#host = host;
    this.#command = command;
    this.#client = client;
    this.#asked = asked;
    this.#began_ms = host.clock.now();
  }

  /** Seconds since the epoch. */
  get began(): number {
    const { clock } = this.#host;
    return (clock.wall() - clock.now() + this.#began_ms) / 1000;
  }

  /** The entry as far as it is known. */
  get entry(): BegunEntry {
    const { key } = this.#command;
    const connection = Buffer.from(this.#client, 'latin1').toString('hex');
    return { watcher: watcherOf(key, this.#asked.name), ...this.asker, connection, command: key, properties: this.#properties() };
  }

  /** Tells the log, and the next daemon if this one comes to no end of it. */
  begins(): void {
    if (this.#over || roleOf(this.#command) === 'read') return;
    const { entry } = this;
    const { who, role, command, properties } = entry;
    this.#host.log.info(`${who} asks for ${command}`, { who, role, command, properties });
    this.#close = this.#host.begun({ began: this.began, entry });
  }

  /** Somebody else makes the entry. */
  handOver(): void {
    this.#over = true;
  }

  ended(answer?: Answer): void {
    if (answer?.status === 'error') this.#end('error', String(answer.reason));
    else this.#end('ok');
  }

  /** A flood leaves no entries: they would take the place of the others. */
  failed(error: unknown): void {
    if (isRingmasterError(error, 'RM_REQUEST_RATE')) return;
    this.#end(isRingmasterError(error, 'RM_FORBIDDEN') ? 'refused' : 'error', messageOf(error));
  }

  #end(result: AuditEntry['result'], reason?: string): void {
    if (this.#over || (result !== 'refused' && roleOf(this.#command) === 'read')) return;
    this.#over = true;
    const { clock } = this.#host;
    this.#close(() =>
      this.#host.audited({
        time: clock.wall() / 1000,
        ...this.entry,
        result,
        took_ms: Math.round(clock.now() - this.#began_ms),
        ...(reason !== undefined && { reason: cut(maskText(reason)) }),
      }),
    );
  }

  #properties(): Readonly<Record<string, unknown>> {
    const ownWord = OWN_WORDS.get(this.#command.key);
    const asked = Object.fromEntries(Object.entries(this.#asked).filter(([key]) => key !== ownWord));
    return shortened(maskSecrets(asked, this.#host.secrets()) as Readonly<Record<string, unknown>>);
  }
}

function watcherOf(command: string, name: unknown): string {
  if (typeof name !== 'string' || name.length > LONGEST_PROPERTY) return '';
  return command.startsWith('plugin_') ? `plugin:${name}` : name;
}

/** A client decides how much it sends, and not how much of that is kept. */
export function shortened(properties: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const entries = Object.entries(properties)
    .slice(0, MOST_PROPERTIES)
    .map(([key, value]) => {
      const text = JSON.stringify(value) ?? 'null';
      const kept = text.length <= LONGEST_PROPERTY ? value : cut(text);
      return [key.slice(0, LONGEST_PROPERTY), kept];
    });
  return Object.fromEntries(entries);
}

/** Who has an entry where nobody has asked for anything: the daemon that was there before has crashed. */
export const CRASHED = 'daemon';

function cut(text: string): string {
  return text.length <= LONGEST_PROPERTY ? text : `${text.slice(0, LONGEST_PROPERTY)}… (${text.length} characters)`;
}

/** An entry that is kept. */
export type KeptEntry = AuditEntry & {
  /** Counts from 1 since the daemon's start, over upgrades and crashes. */
  readonly seq: number;
};

/** A request that is carried out. */
export interface OpenEntry {
  /** When it was asked for, seconds since the epoch. */
  readonly began: number;
  readonly entry: BegunEntry;
}

const ENTRY = 'entry/';
const OPEN = 'open/';

/** The last entries, oldest first, and what has none yet: kept for the next daemon as it comes. */
export class AuditTrail {
  readonly #most: number;
  readonly #keep: (key: string, value: unknown) => void;
  #entries: KeptEntry[] = [];
  #seq = 0;
  #begun = 0;
  /** Key of what is about to have its entry. */
  #closing: string | null = null;

  /** @param keep as in the context of plugins */
  constructor(most: number, keep: (key: string, value: unknown) => void) {
    this.#most = most;
    this.#keep = keep;
  }

  get entries(): readonly KeptEntry[] {
    return this.#entries;
  }

  /** That of the latest entry, kept or not; 0 before there was one. */
  get seq(): number {
    return this.#seq;
  }

  add(entry: AuditEntry): void {
    const [before, last] = this.#entries.slice(-2);
    // One that crashes at each start is not to take the place of what may have led to that.
    if (last !== undefined && [before, last, entry].every(isCrash)) this.#drop(this.#entries.splice(-1));
    const kept = { seq: ++this.#seq, ...entry };
    this.#entries.push(kept);
    this.#keep(`${ENTRY}${kept.seq}`, this.#closing === null ? kept : { ...kept, closes: this.#closing });
    this.#shorten();
  }

  /** @returns to be called with what makes its entry */
  begin(open: OpenEntry): Closing {
    // Unlike those of a daemon before.
    const key = `${OPEN}${open.began}/${++this.#begun}`;
    this.#keep(key, open);
    return (makeEntry) => {
      this.#closing = key;
      makeEntry();
      this.#closing = null;
      this.#keep(key, null);
    };
  }

  /** Goes on where that of the daemon before has ended. @returns what had no entry yet */
  resume(kept: Readonly<Record<string, unknown>>): readonly OpenEntry[] {
    const open = new Map<string, OpenEntry>();
    const closed: string[] = [];
    for (const [key, value] of Object.entries(kept)) {
      // Written by this class, maybe of another version.
      if (key.startsWith(ENTRY)) {
        const { closes, ...entry } = value as KeptEntry & { readonly closes?: string };
        this.#entries.push(entry);
        if (closes !== undefined) closed.push(closes);
      } else {
        open.set(key, value as OpenEntry);
        this.#keep(key, null);
      }
    }
    // That daemon may have ended after it had written the one, and before it had removed the other.
    for (const key of closed) open.delete(key);
    this.#entries.sort((a, b) => a.seq - b.seq);
    this.#seq = this.#entries.at(-1)?.seq ?? 0;
    this.#shorten();
    return [...open.values()];
  }

  #shorten(): void {
    this.#drop(this.#entries.splice(0, this.#entries.length - this.#most));
  }

  #drop(entries: readonly KeptEntry[]): void {
    for (const { seq } of entries) this.#keep(`${ENTRY}${seq}`, null);
  }
}

function isCrash(entry: AuditEntry | undefined): boolean {
  return entry?.who === CRASHED;
}
