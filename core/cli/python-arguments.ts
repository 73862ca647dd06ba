/** An argument in Python's writing: a text, a name such as `sys.stdout`, or a number, as text; a tuple or list as a list. */
export type PythonArgument = string | readonly PythonArgument[];

/** Reads arguments as fileConfig has them: `('/var/log/x.log', 'a')`, `(('localhost', 514), SysLogHandler.LOG_DAEMON)`. */
export function readPythonArguments(text: string): readonly PythonArgument[] {
  const open: PythonArgument[][] = [[]];
  for (const [token, single, double] of text.matchAll(/[([]|[)\]]|'([^']*)'|"([^"]*)"|[\w.:/-]+/g)) {
    if (token === '(' || token === '[') open.push([]);
    else if (token === ')' || token === ']') {
      const done = open.pop() ?? [];
      if (open.length === 0) return done;
      open.at(-1)?.push(done);
    } else open.at(-1)?.push(single ?? double ?? token);
  }
  const [all = []] = open;
  const [first] = all;
  return all.length === 1 && typeof first === 'object' ? first : all;
}
