import { parseArguments } from './arguments.js';
import type { Verb, VerbValues } from './verb.js';

/** A verb with what it is to be run with. */
export interface PlainCall {
  readonly verb: Verb;
  readonly args: readonly string[];
  readonly values: VerbValues;
}

/**
 * The call that words stand for where they can only be read in one way: the name of a verb, then its own options by their whole names, and
 * arguments that are no options. Null for all else, mistakes and questions for help among it: those are commander's, which takes a while to load.
 */
export function plainCall(words: readonly string[], verbs: readonly Verb[]): PlainCall | null {
  const verb = verbNamed(words, verbs);
  if (verb === undefined) return null;
  const rest = words.slice(verb.name.split(' ').length);
  if (rest.some((word) => /^-(?!-\w)/.test(word))) return null;
  const { values, positionals, problems } = parseArguments(rest, verb.options);
  if (problems.length > 0 || verbs.some(({ name }) => name === `${verb.name} ${positionals[0]}`)) return null;
  return { verb, args: positionals, values };
}

/** The verb of two words before that of the first one alone. */
function verbNamed([first, second]: readonly string[], verbs: readonly Verb[]): Verb | undefined {
  return verbs.find(({ name }) => name === `${first} ${second}`) ?? verbs.find(({ name }) => name === first);
}
