/** A file that is to get another name. */
export interface Rename {
  readonly from: string;
  readonly to: string;
}

/** Numbers of the old files that were rotated by size, the oldest first. @param names of the directory that they are in */
export function sizeNumbers(basename: string, names: readonly string[]): readonly number[] {
  const prefix = `${basename}.`;
  const numbers = names.filter((name) => name.startsWith(prefix) && /^[1-9]\d{0,14}$/.test(name.slice(prefix.length)));
  return numbers.map((name) => Number(name.slice(prefix.length))).sort((a, b) => b - a);
}

/**
 * What is renamed when a file is rotated by size, in this order: file.1 is the newest, and the one beyond `backup_count` is
 * overwritten. Nothing without backups: such a file is not rotated.
 *
 * @param numbers of the old files that are there, the oldest first
 * @source Circus's FileStream
 */
export function sizeRenames(filename: string, backup_count: number, numbers: readonly number[]): readonly Rename[] {
  if (backup_count === 0) return [];
  const shifted = numbers.filter((number) => number < backup_count);
  return [
    ...shifted.map((number): Rename => ({ from: `${filename}.${number}`, to: `${filename}.${number + 1}` })),
    { from: filename, to: `${filename}.1` },
  ];
}

/** Which of the files that are there, rotated by size, were begun after that one; none where that is not one of them. */
export function sizeNewer(filename: string, backup_count: number, old: string, numbers: readonly number[]): readonly string[] {
  // A date is a number too.
  const own = numbers.find((number) => number <= backup_count && `${filename}.${number}` === old) ?? 0;
  return numbers.filter((number) => number < own).map((number) => `${filename}.${number}`);
}

/**
 * The name that a file gets when it is rotated by time: that of its time, with a number where that is taken already.
 *
 * @param suffix the time in the name
 */
export function timedName(filename: string, suffix: string, exists: (name: string) => boolean): string {
  let name = `${filename}.${suffix}`;
  for (let number = 1; exists(name); number++) name = `${filename}.${suffix}.${number}`;
  return name;
}

/**
 * Which files, rotated by time, are too many: the oldest.
 *
 * @param basename of the file that is written to
 * @param names of the directory that it is in
 * @param digits of the time in a rotated file's name
 * @param backup_count how many stay; 0: all
 * @source Circus's TimedRotatingFileStream
 */
export function timedSurplus(basename: string, names: readonly string[], digits: number, backup_count: number): readonly string[] {
  if (backup_count === 0) return [];
  const rotated = names
    .filter((name) => name.startsWith(`${basename}.`))
    .flatMap((name) => {
      const match = /^(\d+)(?:\.(\d+))?$/.exec(name.slice(basename.length + 1));
      return match?.[1]?.length === digits ? [{ name, time: match[1], number: Number(match[2] ?? 0) }] : [];
    })
    .sort((a, b) => (a.time === b.time ? a.number - b.number : a.time < b.time ? -1 : 1));
  return rotated.slice(0, Math.max(0, rotated.length - backup_count)).map(({ name }) => name);
}
