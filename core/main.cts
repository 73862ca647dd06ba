#!/usr/bin/env node
void import('./main.js');
