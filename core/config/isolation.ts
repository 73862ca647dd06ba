import { type Isolation, isolationSchema, spelledOut } from '../isolation/options.js';
import { checkSchema } from './ajv-problems.js';
import { convertValue } from './convert.js';
import { suggestion } from './did-you-mean.js';
import { cloneJson, own } from './json-value.js';
import type { Findings, Path } from './problem.js';

const TIERS: readonly string[] = isolationSchema.properties.tier.enum;

/**
 * The reserved option `isolation` among a plugin's options, checked before the plugin is loaded, because it says how.
 *
 * @param path where the plugin is in the config
 * @returns undefined where the plugin runs in the daemon; null where the option is wrong, which is reported
 */
export function isolationOf(options: unknown, path: Path, findings: Findings): Isolation | undefined | null {
  const given = own(options, 'isolation');
  if (given === undefined) return undefined;
  const at = [...path, 'isolation'];
  if (typeof given === 'string' && !TIERS.includes(given)) {
    const [found, allowed] = [JSON.stringify(given), `one of ${TIERS.join(', ')}, or an object with \`tier\``];
    findings.error(at, { message: `must be ${allowed}, got ${found}`, found, allowed, ...suggestion(given, TIERS) });
    return null;
  }
  const before = findings.problems.length;
  const value = convertValue(cloneJson(spelledOut(given), at, findings), isolationSchema, at, { findings, isText: () => false });
  const isRight = checkSchema(value, isolationSchema, at, findings) && findings.problems.length === before;
  if (!isRight) return null;
  const isolation = convertValue(value, isolationSchema, at, { findings, isText: () => false }) as Isolation;
  return isolation.tier === 'none' ? undefined : isolation;
}
