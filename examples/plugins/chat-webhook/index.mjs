import { definePlugin, EVENTS, messageOf } from 'ringmaster';

/**
 * What people read of an event.
 *
 * @param {{watcher: string, name: string}} event
 * @param {string} mention
 */
export function textOf({ watcher, name }, mention) {
  return `${mention === '' ? '' : `${mention} `}${watcher}: ${name}`;
}

export default definePlugin({
  name: 'chat_webhook',
  summary: 'Tells a chat of chosen events, through a webhook that takes {"text": …}.',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['url'],
    properties: {
      url: { type: 'string', pattern: '^https?://', description: 'URL of the webhook.', examples: ['http://127.0.0.1:9/hook'] },
      events: {
        type: 'array',
        items: { enum: /** @type {(keyof typeof EVENTS)[]} */ (Object.keys(EVENTS)) },
        default: ['stop'],
        description: 'Which events.',
      },
      mention: { type: 'string', default: '', description: 'Whom to call, in front of the text.', examples: ['@here'] },
    },
  },
  per_watcher: true,
  hooks: ['event'],
  setup({ config, configFor, hooks, supervisor, log, signal, scope }) {
    /** @type {Set<Promise<void>>} */
    const underWay = new Set();
    /**
     * @param {{url: string, mention: string}} options
     * @param {{watcher: string, name: string}} event
     */
    async function tell({ url, mention }, event) {
      try {
        const response = await fetch(url, {
          method: 'POST',
          headers: { 'content-type': 'application/json', connection: 'close' },
          body: JSON.stringify({ text: textOf(event, mention) }),
          signal: AbortSignal.any([signal, AbortSignal.timeout(5000)]),
        });
        await response.arrayBuffer();
        if (!response.ok) log.error(`the chat answered ${response.status}`, { watcher: event.watcher });
      } catch (error) {
        if (!signal.aborted) log.error(`the chat can't be told: ${messageOf(error)}`, { watcher: event.watcher });
      }
    }
    hooks.event.tap((event) => {
      const watcher = supervisor.find(event.watcher);
      const options = watcher === undefined ? config : configFor(watcher);
      if (options === null || !options.events.includes(event.name)) return;
      const told = tell(options, event).finally(() => underWay.delete(told));
      underWay.add(told);
    });
    scope.add('messages under way', () => Promise.all(underWay));
  },
});
