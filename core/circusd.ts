import { isRespawnParent } from './cli/respawn/asked.js';

async function main(): Promise<void> {
  if (isRespawnParent('circusd', process.argv.slice(2), process.env)) {
    const { respawn } = await import('./cli/respawn/parent.js');
    await respawn('circusd');
  } else {
    const [{ runBin }, { circusd }] = await Promise.all([import('./cli/bin.js'), import('./cli/circusd-program.js')]);
    await runBin((args, io) => circusd.run(args, io));
  }
}

void main();
