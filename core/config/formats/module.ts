import { realpathSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { extname, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { messageOf } from '../../errors.js';
import type { Finding, Findings, Origin } from '../problem.js';
import { readProblem } from '../read-problem.js';
import { type Source, typedSource } from '../source.js';

/** A config that asks others for something may wait for them, but nobody waits for ever, and an apply keeps all others waiting. */
const DEADLINE_MS = 30_000;

const { cache } = createRequire(import.meta.url);
let reads = 0;

/** Loads a JavaScript or TypeScript module whose default export is a config, or a function (async or not) that returns one. */
export async function readModuleSource(file: string, findings: Findings, deadline_ms = DEADLINE_MS): Promise<Source> {
  const typescript = /^\.[mc]?ts$/.test(extname(file));
  if (typescript && !Reflect.get(process.features, 'typescript')) {
    findings.error([], {
      message: `cannot be loaded: Node ${process.versions.node} does not load TypeScript`,
      found: `Node ${process.versions.node}`,
      allowed: 'Node 22.18 or later for a config in TypeScript',
      fix: 'use Node 22.18 or later, or write the config as JavaScript (.mjs), YAML, JSON or TOML',
    });
    return typedSource(undefined, file);
  }
  const url = pathToFileURL(resolve(file));
  try {
    // A module is loaded once for each address; with the time of its last change in it an edited file is read again.
    url.searchParams.set('changed', String((await stat(file)).mtimeMs));
    if (forget(cache[realpathSync(file)])) url.searchParams.set('again', String(++reads));
  } catch (thrown) {
    findings.error([], readProblem(file, thrown));
    return typedSource(undefined, file);
  }
  try {
    const config = await within(deadline_ms, configOf(url));
    if (config === TOO_LATE) {
      const fix = 'see that every promise in it is settled; a request of its own wants a deadline';
      findings.error([], { message: `has not come to its config within ${deadline_ms / 1000} s`, fix });
      return typedSource(undefined, file);
    }
    if (config === undefined) {
      const fix = 'write `export default defineConfig({ … })`';
      findings.error([], { message: 'has no default export', fix });
    }
    return typedSource(config, file);
  } catch (thrown) {
    const [finding, origin] = failure(thrown, file, url);
    findings.error([], finding, origin);
    return typedSource(undefined, file);
  }
}

/** What the default export is or comes to; undefined without one. */
async function configOf(url: URL): Promise<unknown> {
  const exports: unknown = await import(url.href);
  const config: unknown = typeof exports === 'object' && exports !== null && 'default' in exports ? exports.default : undefined;
  return typeof config === 'function' ? config() : config;
}

const TOO_LATE = Symbol('too late');

/** Without the timer Node would end, as if all were done, where nothing else is left to wait for. */
async function within(deadline_ms: number, work: Promise<unknown>): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, deadline_ms, TOO_LATE);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** CommonJS is kept by its path, whatever the address says: it is dropped with what it requires, packages aside. */
function forget(module: NodeJS.Module | undefined): boolean {
  if (module === undefined || cache[module.id] === undefined || module.id.includes(`${sep}node_modules${sep}`)) return false;
  delete cache[module.id];
  for (const child of module.children) forget(child);
  return true;
}

/** What was thrown, and the line of the file that it comes from where its stack tells. */
function failure(thrown: unknown, file: string, url: URL): [Finding, Origin | undefined] {
  const message = `failed while it was loaded: ${messageOf(thrown)}`;
  const stack = thrown instanceof Error ? (thrown.stack ?? '') : '';
  for (const name of [url.href, realpathSync(file)]) {
    const at = stack.indexOf(`${name}:`);
    const [, line, column] = at < 0 ? [] : (/^:(\d+)(?::(\d+))?/.exec(stack.slice(at + name.length)) ?? []);
    if (line !== undefined) return [{ message }, { file, line: Number(line), column: column === undefined ? null : Number(column) }];
  }
  return [thrown instanceof SyntaxError ? { message, fix: `\`node --check ${file}\` shows where` } : { message }, undefined];
}
