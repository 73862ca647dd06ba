import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the packages ask for that these modules are of: their names, versions and licences, in the order of their names. */
export function licensesOf(modules: readonly string[]): string {
  const folders = new Set(modules.flatMap((path) => /^\/.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []));
  const texts = [...folders].map((folder) => {
    const { name, version }: { readonly name: string; readonly version: string } = JSON.parse(
      readFileSync(join(folder, 'package.json'), 'utf8'),
    );
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    if (file === undefined) throw new Error(`${folder} has no licence that could be handed on; merge it no more, or add its text here`);
    return `${name} ${version}\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`;
  });
  return `Files of this directory that end in .merged.cjs hold modules of these packages.\n\n${texts.sort().join(`\n${'-'.repeat(80)}\n\n`)}`;
}
