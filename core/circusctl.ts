import { runBin } from './cli/bin.js';
import { programNamed } from './cli/verbs.js';

void runBin(async (args, io) => (await programNamed('circusctl')).run(args, io));
