import type { OutputName, OutputOptions } from '../../core/index.js';

/** Where an output goes, or `inherit`: read, and passed on to the daemon's own. */
export type Destination = Exclude<OutputOptions, { readonly type: 'same' }> | { readonly type: 'inherit' };

/** What becomes of one output: nothing is changed; nowhere; the daemon's own of that number; a file that the process writes to itself; or it is read. */
export type Arranged =
  | { readonly kind: 'own' }
  | { readonly kind: 'null' }
  | { readonly kind: 'fd'; readonly fd: number }
  | { readonly kind: 'direct'; readonly filename: string }
  | { readonly kind: 'read'; readonly channel: OutputName; readonly destination: Destination };

export interface Asked {
  /** What the config says; null for nothing. */
  readonly options: OutputOptions | null;
  /** close_child_stdout or close_child_stderr. */
  readonly closed: boolean;
}

/**
 * What becomes of both outputs of a process. Where both go to one file they share a channel, and so one pipe, in order.
 *
 * @param tail whether the last output is kept, so that all has to be read
 */
export function arrange(asked: Readonly<Record<OutputName, Asked>>, tail: boolean): Readonly<Record<OutputName, Arranged>> {
  const [stdout, stderr] = [asked.stdout.options, asked.stderr.options];
  if (stderr?.type === 'same' || sameFile(stdout, stderr)) {
    const first = one('stdout', asked.stdout, tail);
    return { stdout: first, stderr: joined(first, 1, asked.stderr) };
  }
  if (stdout?.type === 'same') {
    const first = one('stderr', asked.stderr, tail);
    return { stdout: joined(first, 2, asked.stdout), stderr: first };
  }
  return { stdout: one('stdout', asked.stdout, tail), stderr: one('stderr', asked.stderr, tail) };
}

/** Where the output of processes that run goes from now on, whose output is read under that name. */
export function destinationOf(name: OutputName, asked: Readonly<Record<OutputName, Asked>>): Destination {
  const arranged = arrange(asked, true)[name];
  return arranged.kind === 'read' ? arranged.destination : { type: 'inherit' };
}

function one(name: OutputName, { options, closed }: Asked, tail: boolean): Arranged {
  if (closed) return { kind: 'null' };
  if (options === null || options.type === 'same') {
    return tail ? { kind: 'read', channel: name, destination: { type: 'inherit' } } : { kind: 'own' };
  }
  if (options.type === 'null' && !tail) return { kind: 'null' };
  if (options.type === 'file' && options.direct) return { kind: 'direct', filename: options.filename };
  return { kind: 'read', channel: name, destination: options };
}

function joined(first: Arranged, fd: number, { closed }: Asked): Arranged {
  if (closed) return { kind: 'null' };
  return first.kind === 'own' ? { kind: 'fd', fd } : first;
}

function sameFile(stdout: OutputOptions | null, stderr: OutputOptions | null): boolean {
  if (stdout === null || stderr === null || !('filename' in stdout) || !('filename' in stderr)) return false;
  return stdout.filename === stderr.filename;
}
