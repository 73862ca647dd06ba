/** Rows with aligned columns; the last one is as long as it is. */
export function textTable(rows: readonly (readonly string[])[]): string {
  const columns = Math.max(0, ...rows.map((row) => row.length - 1));
  const widths = Array.from({ length: columns }, (_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** The time of day in UTC, from seconds since the epoch: `22:13:20.004`. */
export function timeText(at_s: number): string {
  return new Date(at_s * 1000).toISOString().slice(11, 23);
}

/** Milliseconds as short as they are told well: `0.03 ms`, `12 ms`, `2.5 s`. */
export function durationText(ms: number): string {
  if (ms >= 1000) return `${Number((ms / 1000).toFixed(1))} s`;
  return `${Number(ms.toFixed(ms < 10 ? 2 : 0))} ms`;
}
