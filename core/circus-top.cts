#!/usr/bin/env node
void import('./circus-top.js');
