import { once } from 'node:events';
import { lstatSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { getSystemErrorMap } from 'node:util';
import { messageOf, PlantedError, RingmasterError, trustedPath } from '../../core/index.js';
import { refusal } from './access.js';
import { plain, type Sent } from './answer.js';
import { isOpen, type RoutingDeps, route } from './routing.js';
import type { HttpOptions } from './schema.js';

const LONGEST_BODY_BYTES = 1_048_576;
const MOST_CONNECTIONS = 128;
const PATIENCE_MS = 10_000;
/** What a path is read against; only the path counts. */
const BASE = 'http://localhost';

/** Serves pages over HTTP. */
export class HttpServer {
  readonly #options: HttpOptions;
  readonly #deps: RoutingDeps;
  readonly #server: Server;

  private constructor(options: HttpOptions, deps: RoutingDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#server = createServer(
      { requestTimeout: PATIENCE_MS, headersTimeout: PATIENCE_MS, keepAliveTimeout: PATIENCE_MS },
      (request, response) => {
        this.#serve(request, response).catch((error: unknown) => {
          deps.log.debug(`a request was not served: ${messageOf(error)}`);
          response.destroy();
        });
      },
    );
    this.#server.maxConnections = MOST_CONNECTIONS;
  }

  /** @throws RM_ENDPOINT_BIND */
  static async open(options: HttpOptions, deps: RoutingDeps): Promise<HttpServer> {
    const server = new HttpServer(options, deps);
    const { socket } = options;
    try {
      if (socket !== null) await removeStale(socket);
      await server.#listen();
    } catch (cause) {
      throw new RingmasterError('RM_ENDPOINT_BIND', [socket ?? `http://${options.host}:${options.port}`, reasonOf(cause)], { cause });
    }
    return server;
  }

  /** Where it is: `http://127.0.0.1:8090`, or the path of the socket. */
  get address(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') return address ?? 'nowhere';
    return `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`;
  }

  /** Ends it; who is being answered is cut off. */
  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #listen(): Promise<void> {
    const { host, port, socket } = this.#options;
    const listening = once(this.#server, 'listening');
    if (socket === null) this.#server.listen({ host, port });
    else {
      // The socket is made in this call, with what the mask leaves.
      const mask = process.umask(0o177);
      this.#server.listen({ path: socket });
      process.umask(mask);
    }
    await listening;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', headers, url = '/' } = request;
    if (!URL.canParse(url, BASE)) {
      send(method, response, plain(400, `${url} is no path`));
      return;
    }
    const { pathname: path, searchParams: query } = new URL(url, BASE);
    const refused = refusal(method, isOpen(method, path, this.#deps), headers, this.#options);
    if (refused !== null) send(method, response, plain(refused.status, refused.text, refused.headers));
    else {
      const body = await bodyOf(request);
      if (body === null) send(method, response, plain(413, `at most ${LONGEST_BODY_BYTES} bytes are read`, { connection: 'close' }));
      else {
        const gone = new AbortController();
        response.on('close', () => gone.abort());
        const texts = Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, [value].flat().join(', ')]]));
        const asked = {
          method,
          path,
          query,
          headers: Object.fromEntries(texts),
          body,
          signal: gone.signal,
        };
        send(method, response, await route(asked, this.#deps));
      }
    }
  }
}

/** Node's own words name the address once more. */
function reasonOf(error: unknown): string {
  if (error instanceof PlantedError) return error.message;
  const errno = error instanceof Error && 'errno' in error ? Number(error.errno) : 0;
  return getSystemErrorMap().get(errno)?.[1] ?? messageOf(error);
}

function send(method: string, response: ServerResponse, { status, headers, body }: Sent): void {
  response.writeHead(status, { ...headers, 'content-length': body.length });
  response.end(method === 'HEAD' ? undefined : body);
}

/** The body as text; null where it is too long. */
async function bodyOf(request: IncomingMessage): Promise<string | null> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    size += piece.length;
    // What is too long is read to its end all the same: to break off would take the connection away from the answer.
    if (size <= LONGEST_BODY_BYTES) pieces.push(piece);
  }
  return size > LONGEST_BODY_BYTES ? null : Buffer.concat(pieces).toString();
}

/**
 * Removes the socket of a daemon that is gone; one that somebody listens on stays, and so does what is no socket.
 *
 * @throws PlantedError where the way there is a stranger's
 */
async function removeStale(path: string): Promise<void> {
  trustedPath(dirname(path));
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() !== true) return;
  const client = connect({ path });
  try {
    await once(client, 'connect');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED') rmSync(path);
  } finally {
    client.destroy();
  }
}
