/** Config files that are looked for in the working directory where none is named, in this order. */
export const CONFIG_FILES = [
  'ringmaster.yaml',
  'ringmaster.yml',
  'ringmaster.json',
  'ringmaster.toml',
  'ringmaster.mjs',
  'ringmaster.ts',
  'circus.ini',
];
