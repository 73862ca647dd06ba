import type { Figure } from '../figure.js';
import { burst } from './burst.js';
import { control } from './control.js';
import { empty } from './empty.js';
import { growth } from './growth.js';
import { idle } from './idle.js';
import { instructionCounts } from './instructions.js';
import { isolation } from './isolation.js';
import { kill } from './kill.js';
import { launch } from './launch.js';
import { memory } from './memory.js';
import { output } from './output.js';
import { spawn } from './spawn.js';
import { stats } from './stats.js';
import { stop } from './stop.js';

/** Every figure, by the name that it is asked for with. */
export const FIGURES: Readonly<Record<string, Figure>> = {
  launch,
  kill,
  burst,
  stop,
  output,
  idle,
  stats,
  control,
  empty,
  spawn,
  instructions: instructionCounts,
  memory,
  growth,
  isolation,
};
