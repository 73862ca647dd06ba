import { isRespawnParent } from './cli/respawn/asked.js';

async function main(): Promise<void> {
  if (isRespawnParent('ringmaster', process.argv.slice(2), process.env)) {
    const { respawn } = await import('./cli/respawn/parent.js');
    await respawn('ringmaster run');
  } else {
    const [{ runBin }, { ringmaster }] = await Promise.all([import('./cli/bin.js'), import('./cli/program.js')]);
    await runBin(ringmaster);
  }
}

void main();
