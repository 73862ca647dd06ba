#!/usr/bin/env node
import './cli/patient-compiler.js';
import { runBin } from './cli/bin.js';
import { ringmaster } from './cli/program.js';

await runBin(ringmaster);
