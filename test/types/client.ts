// Compiled with everything else: each @ts-expect-error line must be an error.
import type { Client } from '../../plugins/control/client.js';

export async function typed(client: Client): Promise<readonly unknown[]> {
  const watchers: string[] | undefined = (await client.call('list')).watchers;
  const started: number[] | undefined = (await client.call('start', { name: 'web' }, { waiting: true })).info?.started;
  const own: unknown = (await client.call('a-verb-of-a-plugin', { any: 'thing' })).answer;
  // @ts-expect-error a required property is missing
  await client.call('incr');
  // @ts-expect-error a property of the wrong type
  await client.call('incr', { name: 'web', nb: 'three' });
  // @ts-expect-error a property that the command does not have
  await client.call('incr', { name: 'web', number: 3 });
  // @ts-expect-error a key that the reply does not have
  const wrong: number = (await client.call('list')).numprocesses;
  return [watchers, started, own, wrong];
}
