import { type Clock, type Extension, type Extensions, explain, type Logger, RingmasterError, type RouteRequest } from '../../core/index.js';
import { answerOf, plain, type Sent } from './answer.js';

/** How long a page may take, ms. */
const DEADLINE_MS = 10_000;

export interface RoutingDeps {
  readonly routes: Extensions<'route'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What a request is answered with; a page that throws, hangs or returns rubbish is answered for. */
export async function route(request: RouteRequest, deps: RoutingDeps): Promise<Sent> {
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  const found = deps.routes.find(`${method} ${request.path}`);
  if (found === undefined) return missing(request.path, deps.routes);
  try {
    return answerOf(await inTime(found, request, deps));
  } catch (cause) {
    const error = new RingmasterError('RM_PLUGIN_FAILED', [found.plugin, `route ${found.key}`], { cause });
    deps.log.error(explain(error), { code: error.code });
    return plain(500, explain(error));
  }
}

function missing(path: string, routes: Extensions<'route'>): Sent {
  const methods = routes.list().flatMap(({ value }) => (value.path === path ? value.method : []));
  if (methods.length > 0) return plain(405, `allowed is ${methods.join(', ')}`, { allow: methods.join(', ') });
  return plain(404, `there is no page ${path}`);
}

function inTime({ value }: Extension<'route'>, request: RouteRequest, { clock }: RoutingDeps): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const late = new Error(`no answer within ${DEADLINE_MS / 1000} s`);
    const timer = clock.setTimeout(() => reject(late), DEADLINE_MS);
    const answered = (async () => value.handle(request))();
    answered.then(resolve, reject).finally(() => timer[Symbol.dispose]());
  });
}
