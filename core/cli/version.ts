import { createRequire } from 'node:module';

/** The version in ringmaster's package.json. */
export function version(): string {
  const own: { readonly version: string } = createRequire(import.meta.url)('ringmaster/package.json');
  return own.version;
}
