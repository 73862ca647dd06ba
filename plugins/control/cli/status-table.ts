/** What the table shows of one watcher. */
export interface StatusRow {
  readonly name: string;
  readonly status: string;
  readonly wanted: number;
  /** Ascending. */
  readonly pids: readonly number[];
}

/** Pids shown before the rest is only counted. */
const PIDS_SHOWN = 8;

/** A table with aligned columns, rows as given. */
export function statusTable(rows: readonly StatusRow[]): string {
  const cells = [['WATCHER', 'STATUS', 'PROCESSES', 'PIDS'], ...rows.map(cellsOf)];
  const widths = [0, 1, 2].map((column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function cellsOf({ name, status, wanted, pids }: StatusRow): readonly string[] {
  const more = pids.length > PIDS_SHOWN ? [`and ${pids.length - PIDS_SHOWN} more`] : [];
  return [name, status, `${pids.length}/${wanted}`, [...pids.slice(0, PIDS_SHOWN), ...more].join(' ')];
}
