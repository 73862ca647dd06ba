/** What of INFO is sent. @source Circus's redis observer; a server sends those that it has */
const OBSERVED = [
  'pubsub_channels',
  'connected_slaves',
  'lru_clock',
  'connected_clients',
  'keyspace_misses',
  'used_memory',
  'used_memory_peak',
  'total_commands_processed',
  'used_memory_rss',
  'total_connections_received',
  'pubsub_patterns',
  'used_cpu_sys',
  'used_cpu_sys_children',
  'blocked_clients',
  'used_cpu_user',
  'client_biggest_input_buf',
  'mem_fragmentation_ratio',
  'expired_keys',
  'evicted_keys',
  'client_longest_output_list',
  'uptime_in_seconds',
  'keyspace_hits',
] as const;

/** The observed values in the text that INFO answers with, as Python writes them: `2.00` is 2.0. */
export function gaugesOf(info: string): readonly (readonly [name: string, value: string])[] {
  const values = new Map([...info.matchAll(/^(\w+):(.*?)\r?$/gm)].map(([, key = '', value = '']) => [key, value]));
  return OBSERVED.flatMap((name) => {
    const text = values.get(name);
    return text === undefined || !/^-?\d+(?:\.\d+)?$/.test(text) ? [] : [[name, pythonNumber(text)] as const];
  });
}

function pythonNumber(text: string): string {
  const value = Number(text);
  return text.includes('.') && Number.isInteger(value) ? value.toFixed(1) : String(value);
}

/** Where and as whom to connect. */
export interface RedisTarget {
  readonly tls: boolean;
  readonly host: string;
  readonly port: number;
  /** Of a Unix socket, instead of host and port. */
  readonly path: string | null;
  readonly username: string | null;
  readonly password: string | null;
  readonly db: number;
}

/** What a URL means, as redis-py reads it; null for what is none, or has no number where the database is. */
export function parseRedisUrl(text: string): RedisTarget | null {
  // A host must be there for a user to be.
  const whole = text.replace(/^(unix:\/\/[^/]*@)\//, '$1localhost/');
  if (!URL.canParse(whole)) return null;
  const url = new URL(whole);
  const unix = url.protocol === 'unix:';
  const db = url.searchParams.get('db') ?? (unix ? '' : url.pathname.slice(1));
  if (!/^\d*$/.test(db)) return null;
  return {
    tls: url.protocol === 'rediss:',
    host: url.hostname.replace(/^\[(.*)\]$/, '$1') || 'localhost',
    port: Number(url.port || 6379),
    path: unix ? decodeURIComponent(url.pathname) : null,
    username: decodeURIComponent(url.username) || null,
    password: decodeURIComponent(url.password) || null,
    db: Number(db),
  };
}

/** What is sent before INFO, and INFO. */
export function commandsOf({ username, password, db }: RedisTarget): readonly (readonly string[])[] {
  const auth = password === null ? [] : [['AUTH', ...(username === null ? [] : [username]), password]];
  return [...auth, ...(db === 0 ? [] : [['SELECT', String(db)]]), ['INFO']];
}

/** One command of the Redis protocol. */
export function encode(words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;
}

/**
 * The reply at the beginning of what was received; null where it is not there whole.
 *
 * @returns its text, and how many bytes it takes
 * @throws Error with what the server complains of, or of what is no simple reply
 */
export function decode(bytes: Buffer): { readonly text: string; readonly length: number } | null {
  const end = bytes.indexOf('\r\n');
  if (end === -1) return null;
  const line = bytes.toString('utf8', 1, end);
  const type = bytes.toString('latin1', 0, 1);
  if (type === '+' || type === ':') return { text: line, length: end + 2 };
  if (type === '-') throw new Error(`the server answered ${line}`);
  const size = Number(line);
  if (type !== '$' || !Number.isInteger(size) || size < 0) throw new Error('the answer is none of a Redis server');
  const length = end + 2 + size + 2;
  return bytes.length < length ? null : { text: bytes.toString('utf8', end + 2, end + 2 + size), length };
}
