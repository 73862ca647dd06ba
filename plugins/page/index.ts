import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { definePlugin, type HttpRoute, ProcessSampler, type RouteReply } from '../../core/index.js';
import { ACTIONS, doAction } from './actions.js';
import { lastOutput } from './output.js';
import { schema } from './schema.js';
import { type ShownEvent, shownEvent, snapshot } from './snapshot.js';

/** The parts of the page, which hold nothing of the daemon's; the rest is asked for with the token where there is one. */
const ASSETS = [
  ['/', 'page.html', 'text/html; charset=utf-8', 'The page.'],
  ['/page.css', 'page.css', 'text/css; charset=utf-8', 'Its style.'],
  ['/page.js', 'page.js', 'text/javascript; charset=utf-8', 'Its program.'],
] as const;
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
};

export default definePlugin({
  name: 'page',
  summary:
    'A page that shows watchers, processes, plugins and events as they are, and starts and stops them where the plugin http has a token.',
  schema,
  requires: ['http'],
  hooks: ['event'],
  setup({ config, supervisor, hooks, clock, scope, emit, directory, extend, extensions }) {
    const events: ShownEvent[] = [];
    hooks.event.tap((event) => {
      events.push(shownEvent(event));
      if (events.length > config.events) events.shift();
    });
    const sampler = new ProcessSampler({ clock });
    scope.add('process sampler', () => sampler.clear());
    const commands = extensions('command');

    for (const [path, file, type, summary] of ASSETS) {
      const handle = async (): Promise<RouteReply> => ({
        headers: { ...HEADERS, 'content-type': type },
        body: await readFile(new URL(`./assets/${file}`, import.meta.url)),
      });
      extend('route', { method: 'GET', path, summary, open: true, handle });
    }
    const routes: readonly HttpRoute[] = [
      {
        method: 'GET',
        path: '/page.json',
        summary: 'What the page shows.',
        handle: () => {
          const pids = supervisor.watchers().flatMap((watcher) => watcher.processes().map(({ pid }) => pid));
          return { body: snapshot(supervisor, sampler.sample(pids), events, hostname()) };
        },
      },
      {
        method: 'GET',
        path: '/page/logs',
        summary: 'The last output of the watcher that the query `watcher` names.',
        handle: async ({ query }) => {
          const watcher = supervisor.find(query.get('watcher') ?? '');
          if (watcher === undefined) return { status: 404, body: 'there is no such watcher\n' };
          return { body: { text: await lastOutput(watcher, config.lines, { commands, supervisor, directory }) } };
        },
      },
      {
        method: 'POST',
        path: '/page/do',
        summary: `Does what the body says: \`{watcher, action}\`, an action of ${ACTIONS.join(', ')}.`,
        handle: ({ body }) => doAction({ supervisor, clock, emit }, body),
      },
    ];
    for (const route of routes) extend('route', route);
  },
});
