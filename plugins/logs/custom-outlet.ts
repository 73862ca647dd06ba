import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { messageOf, RingmasterError, type StreamSink } from '../../core/index.js';
import type { Origin, Outlet } from './outlet.js';

/** What it is made with: its options from the config, and whose output it is for first. */
export interface CustomContext {
  readonly watcher: string;
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** Hands output to a function or an object of somebody else's, one call at a time. */
export class CustomOutlet implements Outlet {
  busy: Promise<void> | null = null;
  readonly #sink: StreamSink;

  constructor(sink: StreamSink) {
    this.#sink = sink;
  }

  write(bytes: Buffer, origin: Origin): number {
    const data = Buffer.from(bytes);
    const { pid, watcher, name } = origin;
    try {
      const returned = this.#sink.write(data, { pid, watcher, name });
      if (returned instanceof Promise) this.#wait(returned, data, origin);
      else origin.loss.kept();
    } catch (error) {
      origin.loss.lost(data, messageOf(error));
    }
    return bytes.length;
  }

  wake(): null {
    return null;
  }

  reopen(): void {
    this.#sink.reopen?.();
  }

  rest(): void {}

  async close(): Promise<void> {
    await this.#sink.close?.();
  }

  #wait(returned: Promise<unknown>, data: Buffer, origin: Origin): void {
    this.busy = returned
      .then(
        () => origin.loss.kept(),
        (error: unknown) => origin.loss.lost(data, messageOf(error)),
      )
      .finally(() => {
        this.busy = null;
      });
  }
}

type Export = ((...args: readonly unknown[]) => unknown) & { readonly prototype?: { readonly write?: unknown } };

/**
 * Loads `MODULE#EXPORT`: a class with `write(data, info)`, made with its context, or a function `(data, info)`. Without an
 * export it is the default one.
 *
 * @param directory what a relative path refers to
 * @throws RM_OUTPUT_MODULE
 */
export async function loadCustom(name: string, context: CustomContext, directory: string): Promise<StreamSink> {
  const [module = '', wanted = 'default'] = name.split('#');
  const found = await importExport(name, module, wanted, directory);
  if (typeof found !== 'function') throw new RingmasterError('RM_OUTPUT_MODULE', [name, `its export ${wanted} is no function or class`]);
  const callable = found as Export;
  if (typeof callable.prototype?.write !== 'function') return { write: callable };
  try {
    return new (found as new (context: CustomContext) => StreamSink)(context);
  } catch (cause) {
    throw new RingmasterError('RM_OUTPUT_MODULE', [name, messageOf(cause)], { cause });
  }
}

async function importExport(name: string, module: string, wanted: string, directory: string): Promise<unknown> {
  const specifier = /^\.{0,2}\//.test(module) ? pathToFileURL(resolve(directory, module)).href : module;
  try {
    const loaded: Readonly<Record<string, unknown>> = await import(specifier);
    return loaded[wanted];
  } catch (cause) {
    throw new RingmasterError('RM_OUTPUT_MODULE', [name, messageOf(cause)], { cause });
  }
}
