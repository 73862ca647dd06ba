import type { Completable, Verb } from './verb.js';

/** Verbs that share their first word: `plugins` and `plugins describe`, say. */
export interface VerbGroup<T> {
  readonly word: string;
  /** The verb that is this word alone, if there is one. */
  readonly alone: T | undefined;
  /** The others, by what follows the word. */
  readonly under: ReadonlyMap<string, T>;
}

/** Verbs by their first word, in the order in which the words come. */
export function groupVerbs<T extends Pick<Verb, 'name'>>(verbs: readonly T[]): readonly VerbGroup<T>[] {
  const words = [...new Set(verbs.map(({ name }) => firstWord(name)))];
  return words.map((word) => {
    const all = verbs.filter(({ name }) => firstWord(name) === word);
    const under = all.filter(({ name }) => name !== word).map((verb) => [verb.name.slice(word.length + 1), verb] as const);
    return { word, alone: all.find(({ name }) => name === word), under: new Map(under) };
  });
}

/** What is said of a word that is no verb by itself. */
export function groupSummary({ word, under }: VerbGroup<unknown>): string {
  return `${[...under.keys()].join(', ')}; see ringmaster ${word} --help`;
}

/** Verbs as completion sees them: words, each with the options of all verbs that begin with it. */
export function completableVerbs(verbs: Completable['verbs']): Completable['verbs'] {
  return groupVerbs(verbs).map((group) => {
    const { word: name, alone, under } = group;
    const options = new Map(
      [...(alone === undefined ? [] : [alone]), ...under.values()].flatMap((verb) => verb.options.map((option) => [option.name, option])),
    );
    const completes = under.size > 0 ? [...under.keys()] : alone?.completes;
    const summary = alone?.summary ?? groupSummary(group);
    const then_completes = under.size > 0 ? undefined : alone?.then_completes;
    return {
      name,
      summary,
      options: [...options.values()],
      ...(completes !== undefined && { completes }),
      ...(then_completes !== undefined && { then_completes }),
    };
  });
}

function firstWord(name: string): string {
  return name.split(' ', 1)[0] ?? name;
}
