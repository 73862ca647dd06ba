/** One step that a child takes before it executes its program. */
export type FdAction =
  | { readonly do: 'open_null'; readonly fd: number }
  | { readonly do: 'dup'; readonly from: number; readonly to: number }
  | { readonly do: 'close'; readonly fd: number }
  | { readonly do: 'close_from'; readonly fd: number };

/** The descriptors of a child by number: the number in the parent, or null for /dev/null. */
export type FdTable = ReadonlyMap<number, number | null>;

/**
 * The steps, in order, after which a child has exactly these descriptors and no other.
 */
export function fdActions(table: FdTable): readonly FdAction[] {
  const sources = [...table.values()].filter((source) => source !== null);
  const highest = Math.max(-1, ...table.keys());
  const actions: FdAction[] = [];
  const moved = new Map<number, number>();
  let spare = Math.max(highest, ...sources) + 1;
  // A source whose own number becomes something else is first put out of the way.
  for (const source of new Set(sources)) {
    if (!table.has(source) || table.get(source) === source) continue;
    moved.set(source, spare);
    actions.push({ do: 'dup', from: source, to: spare });
    spare += 1;
  }
  for (const [to, source] of table) {
    if (source === null) actions.push({ do: 'open_null', fd: to });
    // The same number too: dup2 to itself as a file action keeps it open across exec.
    else actions.push({ do: 'dup', from: moved.get(source) ?? source, to });
  }
  for (let fd = 0; fd < highest; fd++) if (!table.has(fd)) actions.push({ do: 'close', fd });
  actions.push({ do: 'close_from', fd: highest + 1 });
  return actions;
}
