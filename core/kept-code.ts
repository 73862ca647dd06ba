import { closeSync, constants, fstatSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Script } from 'node:vm';
import { crc32 } from 'node:zlib';

// The merged files that ship, and what V8 has compiled of them: half of a start is V8's compiling, and it can keep what comes of that.
// The build makes a script of this, too: a program that starts with it has Node load nothing of what it needs for modules.

type Exports = Readonly<Record<string, unknown>>;

/** A merged file that is loaded. */
interface Merged {
  readonly file: string;
  readonly source: Buffer;
  readonly script: Script;
  readonly exports: Exports;
  /** Whether what an earlier process had kept of it was used. */
  readonly from_kept: boolean;
}

/** Modules that only hand on what a merged file exports, by their path in dist: the file, and under which name it has each. */
type Doors = Readonly<Record<string, { readonly file: string; readonly exports: Readonly<Record<string, string>> }>>;

const HERE = `${import.meta.dirname}/`;
const DIST = pathToFileURL(join(HERE, '../')).href;
const MERGED = /^(?:\.\.?\/)+(?:core\/)?([\w-]+)\.merged\.js$/;
/** Before what V8 has made: a checksum of it and of the source, for V8 believes whatever it is given. */
const HEAD_BYTES = 8;
const OTHERS_WRITE = 0o022;
/** Not worth a file. */
const SMALL_BYTES = 8192;

const loaded = new Map<string, Merged>();
const plainRequire = createRequire(import.meta.url);
let doors: Doors | undefined;

/** What a merged file exports; loaded at the first call. @param name without `.merged.cjs` */
export function merged(name: string): Exports {
  return (loaded.get(name) ?? load(name)).exports;
}

/** Whether something that is loaded has not been kept, and can be by this process. */
export function isToBeKept(): boolean {
  return unkept().length > 0 && statSync(HERE).uid === process.geteuid?.();
}

/**
 * Keeps what V8 has compiled of the merged files so far, beside them. V8 takes it back only under the same flags.
 *
 * @throws what the file system throws
 */
export function keepCode(): void {
  for (const { file, source, script } of unkept()) {
    const code = script.createCachedData();
    const head = Buffer.alloc(HEAD_BYTES);
    head.writeUInt32LE(checksum(source, code));
    const made = `${file}.${process.pid}`;
    try {
      writeFileSync(made, Buffer.concat([head, code]), { flag: 'wx', mode: 0o644 });
      renameSync(made, keptFile(file));
    } catch (error) {
      rmSync(made, { force: true });
      throw error;
    }
  }
}

function unkept(): readonly Merged[] {
  return [...loaded.values()].filter(({ from_kept, source }) => !from_kept && source.length >= SMALL_BYTES);
}

function load(name: string): Merged {
  const file = `${HERE}${name}.merged.cjs`;
  const source = readFileSync(file);
  const kept = readKept(file, source);
  // The build has made it ASCII: so it is neither decoded nor twice as long in memory.
  const script = new Script(source.toString('latin1'), {
    filename: pathToFileURL(file).href,
    ...(kept && { cachedData: kept }),
  });
  const made = { file, source, script, exports: {}, from_kept: kept !== null && script.cachedDataRejected === false };
  loaded.set(name, made);
  script.runInThisContext()(made.exports, requireFrom, file, HERE, importHere);
  return made;
}

/** For scripts, in which `import()` needs what Node calls experimental: they are beside this one, so that it finds the same. */
function importHere(id: string): Promise<unknown> {
  return id.startsWith(DIST) ? importOwn(id) : import(id);
}

/** What hands on a part of a merged file is not worth a loader of modules, where nobody has needed one yet. */
function importOwn(id: string): Promise<unknown> {
  doors ??= JSON.parse(readFileSync(`${HERE}merged-doors.json`, 'utf8')) as Doors;
  const door = doors[id.slice(DIST.length)];
  if (door === undefined) return import(id);
  return Promise.resolve().then(() => {
    const all = merged(door.file);
    return Object.fromEntries(Object.entries(door.exports).map(([exported, as]) => [exported, all[as]]));
  });
}

function requireFrom(id: string): unknown {
  const name = MERGED.exec(id)?.[1];
  return name === undefined ? plainRequire(id) : merged(name);
}

/**
 * What V8 made of a file in an earlier process, where nobody could have put it there who could not have changed the file itself, and it is
 * whole; null otherwise.
 */
function readKept(file: string, source: Buffer): Buffer | null {
  let fd: number;
  try {
    fd = openSync(keptFile(file), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    // Nothing is kept yet, or nothing that could be used.
    return null;
  }
  try {
    const there = fstatSync(fd);
    if (!there.isFile() || there.uid !== statSync(file).uid || (there.mode & OTHERS_WRITE) !== 0) return null;
    const found = readFileSync(fd);
    const code = found.subarray(HEAD_BYTES);
    return code.length > 0 && found.readUInt32LE() === checksum(source, code) ? code : null;
  } finally {
    closeSync(fd);
  }
}

/** For this version of V8 on this kind of processor. */
function keptFile(file: string): string {
  return `${file}.${process.versions.v8}-${process.arch}.kept`;
}

function checksum(source: Buffer, code: Buffer): number {
  return crc32(code, crc32(source));
}
