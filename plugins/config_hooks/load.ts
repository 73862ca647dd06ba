import { statSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { messageOf } from '../../core/index.js';
import { type HookReference, moduleUrl } from './reference.js';

/** A function of the user's. */
export type HookFunction = (args: Readonly<Record<string, unknown>>) => unknown;

/** Imports the function that a reference names. @throws Error in words for the user */
export async function loadFunction(reference: HookReference, directory: string): Promise<HookFunction> {
  const { module, name, text } = reference;
  const local = module.startsWith('.') || isAbsolute(module);
  const stat = local ? statSync(resolve(directory, module), { throwIfNoEntry: false }) : undefined;
  if (local && stat === undefined) throw new Error(`cannot load ${text}: there is no file ${resolve(directory, module)}`);
  let exports: Readonly<Record<string, unknown>>;
  try {
    exports = await import(moduleUrl(module, directory, `${stat?.mtimeMs ?? 0}`));
  } catch (cause) {
    throw new Error(`cannot load ${text}: ${messageOf(cause)}`, { cause });
  }
  const found = exports[name];
  if (typeof found === 'function') return found as HookFunction;
  const functions = Object.keys(exports).filter((key) => typeof exports[key] === 'function');
  throw new Error(`cannot load ${text}: ${module} exports no function ${name}, but ${functions.join(', ') || 'none at all'}`);
}
