import { isObject, type JsonObject, own } from './json-value.js';
import { type Findings, type Path, shortJson } from './problem.js';
import { PYTHON_HOOK, UNSUPPORTED, type UnsupportedRow } from './unsupported.js';

const rowsAt = (at: UnsupportedRow['at']): readonly UnsupportedRow[] => UNSUPPORTED.filter((row) => row.at === at);
const ROWS = { daemon: rowsAt('daemon'), watcher: rowsAt('watcher') };

/** Reports everything in a config, as the person wrote it, that is not there yet or can't be here. */
export function findUnsupported(config: JsonObject, findings: Findings): void {
  findRows('daemon', config, [], findings);
  const watchers = own(config, 'watchers');
  for (const [name, watcher] of Object.entries(isObject(watchers) ? watchers : {})) {
    if (isObject(watcher)) findInWatcher(watcher, ['watchers', name], findings);
  }
}

/** Reports the same for one watcher. */
export function findInWatcher(watcher: JsonObject, path: Path, findings: Findings): void {
  findRows('watcher', watcher, path, findings);
  const hooks = own(watcher, 'hooks');
  for (const [hook, value] of Object.entries(isObject(hooks) ? hooks : {})) {
    if (typeof value !== 'string') continue;
    if (!isJavaScript(value)) findings.error([...path, 'hooks', hook], { ...PYTHON_HOOK, found: shortJson(value) });
  }
}

function findRows(at: UnsupportedRow['at'], options: JsonObject, path: Path, findings: Findings): void {
  for (const { keys, finding } of ROWS[at]) {
    const key = keys.find((name) => isAskedFor(own(options, name)));
    if (key !== undefined) findings.warn([...path, key], finding);
  }
}

function isAskedFor(value: unknown): boolean {
  if (isObject(value)) return Object.keys(value).length > 0;
  return value !== undefined && value !== null && value !== false && value !== '';
}

/** Whether a callable is named the way of JavaScript: by a file or package, with the function after a #. */
function isJavaScript(name: string): boolean {
  return name.includes('#') || /^(?:\.{0,2}\/|file:)/.test(name.trim());
}
