/**
 * Calls once when that time is over and all that came by then was read. A process that stood still, or was busy, finds its timers due
 * before it has looked whether what it waits for is there.
 */
export function afterDeadline(fn: () => void, delay_ms: number): Disposable {
  let turn: NodeJS.Immediate | undefined;
  const timer = setTimeout(() => {
    turn = setImmediate(() => {
      turn = setImmediate(fn);
    });
  }, delay_ms);
  return {
    [Symbol.dispose]() {
      clearTimeout(timer);
      clearImmediate(turn);
    },
  };
}
