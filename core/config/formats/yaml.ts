import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, type Node, type Pair, parseAllDocuments } from 'yaml';
import { messageOf } from '../../errors.js';
import type { Findings, Origin, Path } from '../problem.js';
import { type Source, typedSource } from '../source.js';

/** Reads YAML 1.2, strictly, with the place of every key. */
export function readYamlSource(text: string, file: string, findings: Findings): Source {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, uniqueKeys: true, merge: true, prettyErrors: false });
  const origin = (at: number): Origin => place(lines, at, file);
  if ('empty' in documents) {
    findings.error([], { message: 'the file is empty' });
    return typedSource(undefined, file);
  }
  const [document, second] = documents;
  if (second !== undefined) findings.error([], { message: 'holds more than one YAML document' }, origin(second.range[0]));
  const errors = documents.flatMap((each) => each.errors);
  for (const { message, pos } of errors) findings.error([], { message: `is not YAML: ${lowerFirst(message)}` }, origin(pos[0]));
  for (const { message, pos } of documents.flatMap((each) => each.warnings))
    findings.warn([], { message: lowerFirst(message) }, origin(pos[0]));
  if (document === undefined || document.contents === null || errors.length > 0) {
    if (errors.length === 0) findings.error([], { message: 'the file is empty' });
    return typedSource(undefined, file);
  }
  let value: unknown;
  try {
    // First, since it refuses aliases that multiply.
    value = document.toJS({ maxAliasCount: 100 });
  } catch (thrown) {
    findings.error([], { message: `is not YAML: ${lowerFirst(messageOf(thrown))}` });
    return typedSource(undefined, file);
  }
  new Locator(findings, origin, (alias) => (isAlias(alias) ? alias.resolve(document) : undefined)).node(document.contents, []);
  return typedSource(value, file);
}

class Locator {
  readonly #findings: Findings;
  readonly #origin: (at: number) => Origin;
  readonly #resolve: (alias: Node) => Node | undefined;

  constructor(findings: Findings, origin: (at: number) => Origin, resolve: (alias: Node) => Node | undefined) {
    this.#findings = findings;
    this.#origin = origin;
    this.#resolve = resolve;
  }

  node(node: unknown, path: Path, above: readonly Node[] = []): void {
    // An alias can be inside of what it stands for.
    if (!isNode(node) || above.includes(node)) return;
    const inside = [...above, node];
    if (isAlias(node)) this.node(this.#resolve(node), path, above);
    else if (isMap(node)) for (const pair of node.items) this.#pair(pair, path, inside);
    else if (isSeq(node)) {
      for (const [at, item] of node.items.entries()) {
        if (isNode(item) && item.range) this.#findings.locate([...path, at], this.#origin(item.range[0]));
        this.node(item, [...path, at], inside);
      }
    } else if (isScalar(node) && typeof node.value === 'number' && /^[+-]?0\d/.test(node.source ?? '')) {
      const found = node.source ?? '';
      const message = `must not begin with 0, which YAML reads as the decimal number ${node.value}, got ${found}`;
      this.#findings.error(path, { message, found, fix: `write it as text, "${found}"` });
    }
  }

  #pair(pair: Pair, path: Path, above: readonly Node[]): void {
    const { key, value } = pair;
    if (isScalar(key) && (key.value === '<<' || typeof key.value === 'symbol')) {
      this.node(value, path, above);
      return;
    }
    const name = isScalar(key) ? String(key.value) : String(key);
    const range = isNode(key) ? key.range : undefined;
    if (range) this.#findings.locate([...path, name], this.#origin(range[0]));
    this.node(value, [...path, name], above);
  }
}

function place(lines: LineCounter, at: number, file: string): Origin {
  const { line, col } = lines.linePos(at);
  return { file, line, column: col };
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
