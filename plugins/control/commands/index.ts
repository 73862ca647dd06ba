import type { Command } from '../command.js';
import { add } from './add.js';
import { apply } from './apply.js';
import { audit } from './audit.js';
import { commands as commandsCommand } from './commands.js';
import { decr } from './decr.js';
import { dstats } from './dstats.js';
import { get } from './get.js';
import { globaloptions } from './globaloptions.js';
import { incr } from './incr.js';
import { inspect } from './inspect.js';
import { ipython, ipythonshell } from './ipython.js';
import { kill } from './kill.js';
import { list } from './list.js';
import { listen } from './listen.js';
import { listsockets } from './listsockets.js';
import { numprocesses } from './numprocesses.js';
import { numwatchers } from './numwatchers.js';
import { options } from './options.js';
import { plan } from './plan.js';
import { plugin_add } from './plugin-add.js';
import { plugin_describe } from './plugin-describe.js';
import { plugin_reconfigure } from './plugin-reconfigure.js';
import { plugin_remove } from './plugin-remove.js';
import { plugins } from './plugins.js';
import { quit } from './quit.js';
import { reload } from './reload.js';
import { reloadconfig } from './reloadconfig.js';
import { restart } from './restart.js';
import { rm } from './rm.js';
import { set } from './set.js';
import { signal } from './signal.js';
import { start } from './start.js';
import { stats } from './stats.js';
import { status } from './status.js';
import { stop } from './stop.js';
import { upgrade } from './upgrade.js';
import { why } from './why.js';

/** Every command of the control protocol, by name. */
const commands = {
  add,
  apply,
  audit,
  commands: commandsCommand,
  decr,
  dstats,
  get,
  globaloptions,
  incr,
  inspect,
  ipython,
  ipythonshell,
  kill,
  list,
  listen,
  listsockets,
  numprocesses,
  numwatchers,
  options,
  plan,
  plugin_add,
  plugin_describe,
  plugin_reconfigure,
  plugin_remove,
  plugins,
  quit,
  reload,
  reloadconfig,
  restart,
  rm,
  set,
  signal,
  start,
  stats,
  status,
  stop,
  upgrade,
  why,
} as const satisfies Readonly<Record<string, Command>>;

export type Commands = typeof commands;

/** The same table to look names up in that somebody else has chosen. */
export const commandTable: ReadonlyMap<string, Command> = new Map(Object.entries(commands));
