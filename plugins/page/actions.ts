import { messageOf, type PluginContext, type RouteReply, type WatcherApi } from '../../core/index.js';

const BY_NAME: Readonly<Record<string, (watcher: WatcherApi) => Promise<unknown>>> = {
  start: (watcher) => watcher.start(),
  stop: (watcher) => watcher.stop(),
  restart: (watcher) => watcher.restart(),
  reload: (watcher) => watcher.reload(),
  incr: (watcher) => watcher.incr(),
  decr: (watcher) => watcher.decr(),
};

/** What the page can ask of a watcher. */
export const ACTIONS: readonly string[] = Object.keys(BY_NAME);

type Context = Pick<PluginContext, 'supervisor' | 'clock' | 'emit'>;

/** How long an answer waits for the end of the work, ms: the page shows it anyway, when it is there. */
const WAIT_MS = 500;

/** Does what the body of a request says, `{watcher, action}` as JSON, and tells in an event who asked for it. */
export async function doAction({ supervisor, clock, emit }: Context, body: string): Promise<RouteReply> {
  const { watcher: name, action } = parsed(body);
  const run = typeof action === 'string' && Object.hasOwn(BY_NAME, action) ? BY_NAME[action] : undefined;
  if (run === undefined) return { status: 400, body: `action must be one of ${ACTIONS.join(', ')}, got ${JSON.stringify(action)}\n` };
  const watcher = typeof name === 'string' ? supervisor.find(name) : undefined;
  if (watcher === undefined) return { status: 404, body: `there is no watcher ${JSON.stringify(name)}\n` };
  const began_ms = clock.now();
  const told = (reason?: string): void => {
    emit(watcher.name, 'audit', {
      time: clock.wall() / 1000,
      who: 'page',
      role: 'operate',
      connection: '',
      command: String(action),
      properties: { name: watcher.name },
      result: reason === undefined ? 'ok' : 'error',
      took_ms: Math.round(clock.now() - began_ms),
      ...(reason !== undefined && { reason }),
    });
  };
  try {
    const done = run(watcher);
    done.then(
      () => told(),
      (error: unknown) => told(messageOf(error)),
    );
    let timer: Disposable | undefined;
    const soon = new Promise<void>((resolve) => {
      timer = clock.setTimeout(resolve, WAIT_MS);
    });
    await Promise.race([done, soon]);
    timer?.[Symbol.dispose]();
  } catch (error) {
    return { status: 409, body: `${messageOf(error)}\n` };
  }
  return { body: { status: watcher.status } };
}

function parsed(body: string): { readonly watcher?: unknown; readonly action?: unknown } {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
