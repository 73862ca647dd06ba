#!/usr/bin/env node
void import('./circusd.js');
