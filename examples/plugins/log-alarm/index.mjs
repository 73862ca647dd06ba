import { StringDecoder } from 'node:string_decoder';
import { definePlugin } from 'ringmaster';

/** After what other plugins do with the output. */
const LAST = 100;
/** Of a line that does not end, this much is looked at. */
const LONGEST = 65_536;

/**
 * Calls `line` with each whole line of what it is given.
 *
 * @param {(line: string) => void} line
 */
export function lineSplitter(line) {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  /** @param {Uint8Array} chunk */
  return (chunk) => {
    const lines = (rest + decoder.write(Buffer.from(chunk))).split('\n');
    rest = (lines.pop() ?? '').slice(0, LONGEST);
    for (const text of lines) line(text);
  };
}

export default definePlugin({
  name: 'log_alarm',
  summary: 'Warns of lines of output that match a pattern, and restarts the watcher after too many.',
  schema: {
    type: 'object',
    additionalProperties: false,
    properties: {
      pattern: { type: 'string', minLength: 1, default: '\\b(ERROR|FATAL)\\b', description: 'Regular expression that a line matches.' },
      limit: { type: 'integer', minimum: 0, default: 0, description: 'Matching lines within `window` before a restart; 0: never.' },
      window: {
        type: ['number', 'string'],
        quantity: 'duration',
        unit: 's',
        minimum: 0,
        default: 60,
        description: 'How close together those lines are.',
      },
    },
  },
  per_watcher: true,
  hooks: ['spawn_options', 'watcher_removed'],
  setup({ configFor, hooks, clock, log, report }) {
    /** @type {Map<string, number[]>} times of matching lines, by watcher */
    const seen = new Map();
    hooks.spawn_options.tap(
      (spawn, { watcher }) => {
        const options = configFor(watcher);
        if (options === null) return undefined;
        const pattern = new RegExp(options.pattern);
        /** @param {string} text */
        const look = (text) => {
          if (!pattern.test(text)) return;
          log.warn(text, { watcher: watcher.name });
          const now_ms = clock.now();
          const recent = [...(seen.get(watcher.name) ?? []).filter((at_ms) => at_ms > now_ms - options.window * 1000), now_ms];
          seen.set(watcher.name, recent);
          if (options.limit === 0 || recent.length < options.limit) return;
          seen.delete(watcher.name);
          watcher.restart().catch((error) => report('restarting', error));
        };
        /** @param {typeof spawn.stdout} output what reads it already; where nobody does, there is nothing to look at */
        const tapped = (output) => {
          if (output === undefined || typeof output === 'string' || !('write' in output)) return output;
          const lines = lineSplitter(look);
          return {
            spawned: (/** @type {number} */ pid) => output.spawned?.(pid),
            write: (/** @type {Uint8Array} */ chunk, /** @type {number | undefined} */ room) => {
              lines(chunk);
              return output.write(chunk, room);
            },
            end: () => output.end(),
          };
        };
        const { stdout, stderr } = spawn;
        const out = tapped(stdout);
        const err = stderr === stdout ? out : tapped(stderr);
        return { ...spawn, ...(out && { stdout: out }), ...(err && { stderr: err }) };
      },
      { stage: LAST },
    );
    hooks.watcher_removed.tap(({ watcher }) => void seen.delete(watcher.name));
  },
});
