/** What the daemon does on signals; each gets the signal's name. */
export interface SignalActions {
  stop(name: NodeJS.Signals): void;
  reload(name: NodeJS.Signals): void;
  upgrade(name: NodeJS.Signals): void;
}

const STOPS: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT', 'SIGQUIT'];
const IGNORED: readonly NodeJS.Signals[] = ['SIGWINCH', 'SIGUSR1'];

/** Takes over the process's signals until disposed of; `told` hears of each first. */
export function takeSignals(actions: SignalActions, told: (name: NodeJS.Signals) => void): Disposable {
  const taken = new Map<NodeJS.Signals, (name: NodeJS.Signals) => void>();
  for (const name of STOPS) taken.set(name, (got) => actions.stop(got));
  for (const name of IGNORED) taken.set(name, () => {});
  taken.set('SIGHUP', (got) => actions.reload(got));
  taken.set('SIGUSR2', (got) => actions.upgrade(got));
  for (const [name, listener] of taken) process.on(name, told).on(name, listener);
  return {
    [Symbol.dispose]: () => {
      for (const [name, listener] of taken) process.removeListener(name, told).removeListener(name, listener);
    },
  };
}
