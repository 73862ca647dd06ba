import { observeScopes, type Scope } from '../scope.js';
import { eventually } from './eventually.js';

/** Mocha's timeout is 0 where there is none, as in a debugger. */
const WITHOUT_TIMEOUT_MS = 60_000;

/**
 * Called once inside a mocha `describe`: fails each test that leaves a scope undisposed, or a timer, socket, child process or
 * other handle open. Says nothing more about a test that has failed already.
 *
 * @param options.deadline_ms for what goes by itself (default half of mocha's timeout, which is 1000 where that is not set)
 */
export function noLeaks({ deadline_ms }: { readonly deadline_ms?: number } = {}): void {
  const check = new LeakCheck();
  // mocha times a hook only from its first await on: after that it has the same timer in both.
  beforeEach(async () => {
    await turn();
    check.begin();
  });
  afterEach(async function () {
    check.end();
    await turn();
    if (this.currentTest?.state === 'failed') return;
    const wait_ms = deadline_ms ?? (this.timeout() || WITHOUT_TIMEOUT_MS) / 2;
    await eventually(() => check.assertNone(), { deadline_ms: wait_ms, what: `what "${this.currentTest?.title}" made to be undone` });
  });
}

/** What was made between `begin` and `end` and is still there. */
export class LeakCheck {
  #scopes: { readonly scope: Scope; readonly stack: string }[] = [];
  #before = new Map<string, number>();
  #observation: Disposable | undefined;

  begin(): void {
    this.#scopes = [];
    this.#before = resources();
    this.#observation = observeScopes((scope) =>
      this.#scopes.push({ scope, stack: new Error(`scope ${scope.name} was made`).stack ?? '' }),
    );
  }

  end(): void {
    this.#observation?.[Symbol.dispose]();
  }

  /** True where nothing is left. @throws Error that names what is */
  assertNone(): true {
    const live = this.#scopes.filter(({ scope }) => !scope.disposed || scope.owned.length > 0);
    const more = [...resources()].filter(([type, count]) => count > (this.#before.get(type) ?? 0)).map(([type]) => type);
    if (live.length === 0 && more.length === 0) return true;
    const lines = live.map(({ scope, stack }) => `scope ${scope.name} owns ${scope.owned.join(', ') || 'nothing'}; ${stack}`);
    throw new Error([...lines, ...more.map((type) => `more of ${type} than before`)].join('\n'));
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** How many handles and requests of each type keep the process alive. */
function resources(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const type of process.getActiveResourcesInfo()) counts.set(type, (counts.get(type) ?? 0) + 1);
  return counts;
}
