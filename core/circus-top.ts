#!/usr/bin/env node
import { runBin } from './cli/bin.js';
import { programNamed } from './cli/verbs.js';

await runBin(async (args, io) => (await programNamed('circus-top')).run(args, io));
