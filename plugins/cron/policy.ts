import { parseSchedule, type Schedule } from './fields.js';
import { type Zone, zoneNamed } from './local-time.js';
import { nextRun } from './next-run.js';
import type { Options } from './schema.js';

type JobOptions = Pick<Options, 'schedule' | 'action' | 'signal' | 'time_zone' | 'missed' | 'missed_after'>;

/** Something to be done to one watcher, again and again. */
export interface Job extends JobOptions {
  readonly name: string;
  readonly times: Schedule;
  readonly zone: Zone;
}

/** A job of the options that can't be used, and why. */
export interface Problem {
  readonly job: string;
  readonly why: string;
}

/** What the job of a watcher's own `schedule` is called. */
const OWN = 'schedule';

/**
 * The jobs that options ask for.
 *
 * @param watcher those for this one; null for all there are
 */
export function readJobs(
  options: Options,
  watcher: string | null,
): { readonly jobs: readonly Job[]; readonly problems: readonly Problem[] } {
  const asked: [string, JobOptions][] = options.schedule === null ? [] : [[OWN, options]];
  for (const [name, job] of Object.entries(options.jobs)) {
    const isMeant = watcher === null || job.watcher === null || job.watcher.toLowerCase() === watcher.toLowerCase();
    if (isMeant) asked.push([name, job]);
  }
  const jobs: Job[] = [];
  const problems: Problem[] = [];
  for (const [name, { schedule, action, signal, time_zone, missed, missed_after }] of asked) {
    const text = schedule ?? '';
    const times = parseSchedule(text);
    const zone = zoneNamed(time_zone);
    if ('error' in times) problems.push({ job: name, why: `schedule "${text}" ${times.error}` });
    else if (zone === undefined)
      problems.push({ job: name, why: `time_zone "${time_zone}" is none; allowed are names such as Europe/Berlin and UTC` });
    else jobs.push({ name, schedule, action, signal, time_zone, missed, missed_after, times, zone });
  }
  return { jobs, problems };
}

/** When a job is due, and up to when the clock was looked at. */
export interface Due {
  readonly due_ms: number | null;
  readonly looked_ms: number;
  /** The last time that it was run for; null where it was not. */
  readonly ran_ms: number | null;
}

/** How far a clock may be put back before the next time is worked out anew. */
const SLACK_MS = 1000;

/**
 * What to do about a job now.
 *
 * @param wall_ms milliseconds since the epoch
 * @returns `missed` for a time that passed long ago and is to be skipped
 */
export function look(
  job: Job,
  before: Due | undefined,
  wall_ms: number,
): { readonly due: Due; readonly verdict: 'wait' | 'run' | 'missed' } {
  const ran_ms = before?.ran_ms ?? null;
  const renewed = (ran: number | null): Due => ({
    due_ms: nextRun(job.times, job.zone, from(job, ran, wall_ms)),
    looked_ms: wall_ms,
    ran_ms: ran,
  });
  if (before === undefined || wall_ms < before.looked_ms - SLACK_MS) return { due: renewed(ran_ms), verdict: 'wait' };
  const { due_ms } = before;
  if (due_ms === null || wall_ms < due_ms) return { due: { due_ms, looked_ms: wall_ms, ran_ms }, verdict: 'wait' };
  const isSkipped = wall_ms - due_ms > job.missed_after * 1000 && job.missed === 'skip';
  return { due: renewed(isSkipped ? ran_ms : due_ms), verdict: isSkipped ? 'missed' : 'run' };
}

/**
 * From when on its next time counts. Where the clock was put back over a time that it was run for, that time does not count once more,
 * unless the next one would be so far away that passing time has to do.
 */
function from({ times, zone }: Job, ran_ms: number | null, wall_ms: number): number {
  if (ran_ms === null || ran_ms <= wall_ms) return wall_ms;
  const next_ms = nextRun(times, zone, ran_ms);
  return next_ms === null || next_ms - ran_ms > ran_ms - wall_ms ? ran_ms : wall_ms;
}
