import {
  type Checks,
  checkValue,
  closest,
  type Extension,
  type Extensions,
  formatProblem,
  type Logger,
  RingmasterError,
} from '../../core/index.js';
import type { Options } from './schema.js';

interface Deps {
  readonly config: Options;
  readonly types: Extensions<'probe'>;
  readonly checks: Checks;
  readonly log: Logger;
}

/** The checks that the config asks for: each runs while there is its type. */
export class ConfiguredProbes {
  readonly #deps: Deps;
  readonly #running = new Map<string, AsyncDisposable>();

  /** @throws RM_PLUGIN_OPTION for options that a type which is there does not allow */
  constructor(deps: Deps) {
    this.#deps = deps;
    for (const type of deps.types.list()) this.#begin(type);
    deps.types.onChange(({ change, extension }) => {
      if (change === 'added') this.#begin(extension);
      else this.#end(extension);
    });
  }

  /** Tells of checks whose type there is not. */
  complain(): void {
    const { config, types, log } = this.#deps;
    const known = types.list().map(({ key }) => key);
    for (const [name, { type }] of Object.entries(config.probes)) {
      if (known.includes(type)) continue;
      const meant = closest(type, known);
      const hint = meant === undefined ? `; there are ${known.join(', ')}` : `; did you mean ${meant}?`;
      log.error(`check ${name} is not run: no plugin has a probe ${type}${hint}`);
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#running.values()].map((loop) => loop[Symbol.asyncDispose]()));
    this.#running.clear();
  }

  #begin({ key, value }: Extension<'probe'>): void {
    const { config, checks, log } = this.#deps;
    for (const [name, { type, options, ...check }] of Object.entries(config.probes)) {
      if (type !== key) continue;
      const { value: checked, problems } = checkValue(structuredClone(options), value.schema);
      const [problem] = problems;
      if (problem !== undefined) {
        const { path, found = 'nothing', allowed = formatProblem(problem) } = problem;
        throw new RingmasterError('RM_PLUGIN_OPTION', ['checks', `probes.${name}.options.${path}`, found, allowed]);
      }
      const loop = checks.start({
        ...check,
        name: `check ${name}`,
        loop_rate_ms: (check.loop_rate ?? config.loop_rate) * 1000,
        timeout_ms: (check.timeout ?? config.timeout) * 1000,
        probe: checks.probe(type, checked as object),
        passed: (_value, took_ms) => log.debug(`check ${name} has passed`, { took_ms }),
        failed: (error) => log.debug(`check ${name} has failed: ${String(error)}`),
        acts: () => {},
      });
      this.#running.set(name, loop);
    }
  }

  #end({ key }: Extension<'probe'>): void {
    for (const [name, { type }] of Object.entries(this.#deps.config.probes)) {
      if (type === key) void this.#running.get(name)?.[Symbol.asyncDispose]();
    }
  }
}
