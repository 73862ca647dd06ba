import { stat } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { messageOf } from '../../errors.js';
import type { Findings } from '../problem.js';
import { readProblem } from '../read-problem.js';
import { type Source, typedSource } from '../source.js';

/** Loads a JavaScript or TypeScript module whose default export is a config, or a function (async or not) that returns one. */
export async function readModuleSource(file: string, findings: Findings): Promise<Source> {
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
  } catch (thrown) {
    findings.error([], readProblem(file, thrown));
    return typedSource(undefined, file);
  }
  try {
    const exports: unknown = await import(url.href);
    const config: unknown = typeof exports === 'object' && exports !== null && 'default' in exports ? exports.default : undefined;
    if (config === undefined) {
      const fix = 'write `export default defineConfig({ … })`';
      findings.error([], { message: 'has no default export', fix });
      return typedSource(undefined, file);
    }
    return typedSource(typeof config === 'function' ? await config() : config, file);
  } catch (thrown) {
    findings.error([], { message: `failed while it was loaded: ${messageOf(thrown)}` });
    return typedSource(undefined, file);
  }
}
