#!/usr/bin/env node
import './cli/patient-compiler.js';
import { runBin } from './cli/bin.js';
import { circusd } from './cli/circusd-program.js';

await runBin((args, io) => circusd.run(args, io));
