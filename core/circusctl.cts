#!/usr/bin/env node
void import('./circusctl.js');
