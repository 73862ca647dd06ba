import { constants as fs, readdirSync } from 'node:fs';
import { errnoName, OsError } from '../os-error.js';
import { refusal } from '../spawn-failure.js';
import { type FdAction, type FdTable, fdActions } from './fd-actions.js';
import type { Image } from './images.js';
import type { Libc } from './libc.js';

/** @source spawn.h of glibc and musl */
const SPAWN = { SETSIGDEF: 0x04, SETSIGMASK: 0x08, SETSID: 0x80 } as const;
/** Bigger than either library's structures. */
const ACTIONS_BYTES = 256;
const ATTRIBUTES_BYTES = 512;
const SIGSET_BYTES = 128;
const { O_RDWR } = fs;

/** Where a program begins, and with which descriptors. */
export interface Place {
  readonly cwd: string;
  /** Not changed any more. */
  readonly table: FdTable;
}

/** Starts programs by posix_spawn(3): in a session of their own, with all signals as at the start of the world. */
export class Spawner {
  readonly #libc: Libc;
  readonly #pid = new Int32Array(1);
  readonly #actions = Buffer.alloc(ACTIONS_BYTES);
  readonly #attributes = Buffer.alloc(ATTRIBUTES_BYTES);
  /** Whether there are actions, and what they are for where that is known. */
  #hasActions = false;
  #made: Place | null = null;

  constructor(libc: Libc) {
    this.#libc = libc;
    const all = Buffer.alloc(SIGSET_BYTES);
    const none = Buffer.alloc(SIGSET_BYTES);
    libc.sigfillset(all);
    libc.sigemptyset(none);
    check(libc.posix_spawnattr_init(this.#attributes), 'posix_spawnattr_init');
    check(libc.posix_spawnattr_setflags(this.#attributes, SPAWN.SETSID | SPAWN.SETSIGDEF | SPAWN.SETSIGMASK), 'posix_spawnattr_setflags');
    check(libc.posix_spawnattr_setsigmask(this.#attributes, none), 'posix_spawnattr_setsigmask');
    check(libc.posix_spawnattr_setsigdefault(this.#attributes, all), 'posix_spawnattr_setsigdefault');
  }

  /** Starts it and returns its pid. @throws OsError with the errno of the step that failed */
  start({ path, file, argv, envp }: Image, place: Place): number {
    this.#act(place);
    const failed = this.#libc.posix_spawn(this.#pid, file, this.#actions, this.#attributes, argv, envp);
    if (failed !== 0) throw refusal(errnoName(failed), 'posix_spawn', path);
    return this.#pid[0] ?? 0;
  }

  /** What the process before did is most often what the next one does. */
  #act({ table, cwd }: Place): void {
    const made = this.#made;
    if (made !== null && made.cwd === cwd && (made.table === table || isSameTable(made.table, table))) return;
    const libc = this.#libc;
    if (this.#hasActions) libc.posix_spawn_file_actions_destroy(this.#actions);
    this.#hasActions = false;
    this.#made = null;
    check(libc.posix_spawn_file_actions_init(this.#actions), 'posix_spawn_file_actions_init');
    this.#hasActions = true;
    for (const action of fdActions(table)) this.#add(action);
    check(libc.posix_spawn_file_actions_addchdir_np(this.#actions, cwd), 'posix_spawn_file_actions_addchdir_np');
    // Without closefrom they list what is open now.
    if (libc.posix_spawn_file_actions_addclosefrom_np !== null) this.#made = { table, cwd };
  }

  #add(action: FdAction): void {
    const libc = this.#libc;
    if (action.do === 'open_null') {
      check(libc.posix_spawn_file_actions_addopen(this.#actions, action.fd, '/dev/null', O_RDWR, 0), 'open');
    } else if (action.do === 'dup') {
      check(libc.posix_spawn_file_actions_adddup2(this.#actions, action.from, action.to), 'dup2');
    } else if (action.do === 'close') {
      check(libc.posix_spawn_file_actions_addclose(this.#actions, action.fd), 'close');
    } else {
      this.#closeFrom(action.fd);
    }
  }

  #closeFrom(first: number): void {
    const { posix_spawn_file_actions_addclosefrom_np: closeFrom } = this.#libc;
    if (closeFrom) {
      check(closeFrom(this.#actions, first), 'close_range');
      return;
    }
    for (const name of readdirSync('/proc/self/fd')) {
      if (Number(name) >= first) check(this.#libc.posix_spawn_file_actions_addclose(this.#actions, Number(name)), 'close');
    }
  }
}

/** Whether they have the same descriptors, in the same order. */
function isSameTable(a: FdTable, b: FdTable): boolean {
  if (a.size !== b.size) return false;
  const numbers = b.keys();
  for (const [number, source] of a) if (numbers.next().value !== number || b.get(number) !== source) return false;
  return true;
}

function check(errno: number, syscall: string): void {
  if (errno !== 0) throw new OsError(errnoName(errno), syscall, syscall);
}
