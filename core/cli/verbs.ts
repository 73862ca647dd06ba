import { pathToFileURL } from 'node:url';
import { PACKAGED } from '../places.js';
import { checkVerb } from './check.js';
import { circusd } from './circusd-program.js';
import { completionVerb } from './completion-verb.js';
import { configSampleVerb } from './config-sample.js';
import { initVerb } from './init.js';
import { installVerb } from './install.js';
import { pluginNewVerb } from './plugin-new.js';
import { pluginTestVerb } from './plugin-test.js';
import { pluginsDescribeVerb } from './plugins-describe.js';
import { runVerb } from './run.js';
import type { Completable, Io, MoreVerbs, Program, Verb, VerbOption, VerbProvider, VerbValues } from './verb.js';
import { completableVerbs } from './verb-groups.js';

/** Packaged plugins that add verbs. */
const PROVIDERS = ['control', 'logs', 'discovery'] as const;

const OWN: readonly Verb[] = [runVerb, checkVerb, initVerb, installVerb, configSampleVerb, completionVerb];

export interface LoadedProvider {
  readonly plugin: string;
  readonly provider: VerbProvider;
}

/** What packaged plugins add to the command line; loaded once. */
export function loadProviders(): Promise<readonly LoadedProvider[]> {
  loading ??= Promise.all(PROVIDERS.map(async (plugin) => ({ plugin, provider: await load(plugin) })));
  return loading;
}
let loading: Promise<readonly LoadedProvider[]> | undefined;

async function load(plugin: string): Promise<VerbProvider> {
  const loaded: { readonly default: VerbProvider } = await import(pathToFileURL(`${PACKAGED}${plugin}/cli/index.js`).href);
  return loaded.default;
}

/** Every verb of `ringmaster`: its own first. */
export async function allVerbs(): Promise<readonly Verb[]> {
  const providers = await loadProviders();
  return [...OWN, ...providers.flatMap(({ provider }) => provider.verbs), pluginsDescribeVerb, pluginNewVerb, pluginTestVerb];
}

/** The verb of that one word, where it is the core's own, so that no plugin is loaded for it. */
export function ownVerb(name: string | undefined): Verb | undefined {
  return OWN.find((verb) => verb.name === name);
}

/** Verbs that only a daemon knows of. */
export async function verbsElsewhere(values: VerbValues, io: Io): Promise<MoreVerbs> {
  const asked = (await loadProviders()).flatMap(({ provider }) => provider.moreVerbs?.(values, io) ?? []);
  const found = await Promise.all(asked);
  const why = found.flatMap(({ why }) => why ?? []);
  return { verbs: found.flatMap(({ verbs }) => verbs), ...(why.length > 0 && { why: why.join('\n') }) };
}

/** Options that may stand before a verb as well. */
export async function sharedOptions(): Promise<readonly VerbOption[]> {
  return (await loadProviders()).flatMap(({ provider }) => provider.options ?? []);
}

/** The programs that stand beside `ringmaster`. */
export async function otherPrograms(): Promise<readonly Program[]> {
  const providers = await loadProviders();
  return [circusd, ...providers.flatMap(({ provider }) => provider.programs ?? [])];
}

/** The program of that name beside `ringmaster`. */
export async function programNamed(name: string): Promise<Program> {
  const found = (await otherPrograms()).find((program) => program.name === name);
  if (found === undefined) throw new Error(`no packaged plugin has a program ${name}`);
  return found;
}

/** Every program, as completion scripts see it. */
export async function completablePrograms(): Promise<readonly Completable[]> {
  const [verbs, shared, others] = await Promise.all([allVerbs(), sharedOptions(), otherPrograms()]);
  const options = [...shared, { name: 'help', summary: 'print help' }, { name: 'version', summary: 'print the version' }];
  return [{ name: 'ringmaster', options, verbs: completableVerbs(verbs) }, ...others];
}
