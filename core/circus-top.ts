import { runBin } from './cli/bin.js';
import { programNamed } from './cli/verbs.js';

void runBin(async (args, io) => (await programNamed('circus-top')).run(args, io));
