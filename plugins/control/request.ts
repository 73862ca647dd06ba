import { isRingmasterError, RingmasterError } from '../../core/index.js';
import type { Properties } from './command.js';
import { exactId } from './exact-id.js';
import { pythonRepr } from './python-text.js';

/** One request, its shape checked. */
export interface Request {
  /** Any JSON value, given back in the reply, or a WrittenNumber; null where there was none. */
  readonly id: unknown;
  /** As sent; case is ignored. */
  readonly command: string;
  readonly properties: Properties;
  /** Nobody waits for a reply. */
  readonly cast: boolean;
  /** The reply is to come at the end of the work. */
  readonly waiting: boolean;
  /** The reply is to show secrets as they are. */
  readonly shows_secrets: boolean;
  /** Says whose key it was sent with. */
  readonly auth: unknown;
}

/** What can be said of a message before its command is looked at: enough to refuse it properly. */
export interface Envelope {
  readonly id: unknown;
  readonly cast: boolean;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** @throws RM_REQUEST_JSON, RM_REQUEST_INVALID for JSON that is not an object */
export function parseEnvelope(body: Uint8Array): Envelope {
  const { value, text } = parseJson(body);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new RingmasterError('RM_REQUEST_INVALID', [`message invalid, must be an object, got ${shown(value)}`]);
  }
  const fields = value as Readonly<Record<string, unknown>>;
  return { id: exactId(fields.id, text), cast: fields.msg_type === 'cast', fields };
}

/** @throws RM_REQUEST_INVALID */
export function readRequest({ id, cast, fields }: Envelope): Request {
  const { command, properties = null } = fields;
  if (command === undefined) throw new RingmasterError('RM_REQUEST_INVALID', ["message invalid 'command' is missing"]);
  if (typeof command !== 'string') {
    throw new RingmasterError('RM_REQUEST_INVALID', [`message invalid 'command' must be text, got ${shown(command)}`]);
  }
  if (typeof properties !== 'object' || Array.isArray(properties)) {
    throw new RingmasterError('RM_REQUEST_INVALID', [`message invalid 'properties' must be an object, got ${shown(properties)}`]);
  }
  const given = (properties ?? {}) as Properties;
  return {
    id,
    command,
    properties: given,
    cast,
    waiting: Boolean(given.waiting),
    shows_secrets: given.show_secrets === true,
    auth: fields.auth,
  };
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function parseJson(body: Uint8Array): { readonly value: unknown; readonly text: string } {
  try {
    const text = utf8.decode(body);
    return { value: JSON.parse(text), text };
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new RingmasterError('RM_REQUEST_JSON', [], { cause, context: { detail: detail.slice(0, 200) } });
  }
}

const SHOWN_CHARACTERS = 60;

/** What was found, short enough for a message whatever was sent. */
export function shown(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = pythonRepr(value);
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
}

/** Whom to answer, as far as that can be told. */
export function envelopeOf(body: Uint8Array): Envelope | null {
  try {
    return parseEnvelope(body);
  } catch (error) {
    if (isRingmasterError(error)) return null;
    throw error;
  }
}

const BLANK = new Set([...' \t\r\n\v\f'].map((character) => character.charCodeAt(0)));

/** Whether there is nothing in a message. */
export function isBlank(body: Uint8Array): boolean {
  return body.every((byte) => BLANK.has(byte));
}
