import { type Io, type MoreVerbs, understood, type Verb, type VerbValues, visibleJson, visibleLines } from '../../../core/index.js';
import type { CommandListing, Reply } from '../command.js';
import { commandTable } from '../commands/index.js';
import { argumentsUsage } from '../listing.js';
import { SHARED_OPTIONS, SHOW_SECRETS, talking, targetOf, withSecrets } from './control-verb.js';
import { formProperties, formVerbOptions } from './form-arguments.js';
import { failureOf, type Target, withClient } from './talk.js';

/** Verbs of plugins of the daemon, made of the schemas that it tells; nothing of the plugins is loaded here. */
export async function remoteVerbs(values: VerbValues, io: Io): Promise<MoreVerbs> {
  let target: Target = { endpoint: '', timeout_ms: 0 };
  try {
    target = targetOf(values, io);
    const { commands } = await withClient(target, (client) => client.call('commands'));
    const listed = (commands ?? []) as readonly CommandListing[];
    const verbs = await understood('the reply to commands', () =>
      listed.filter(({ name, usage }) => usage !== null && !commandTable.has(name)).map(remoteVerb),
    );
    return { verbs };
  } catch (error) {
    return { verbs: [], why: failureOf(error, target).text };
  }
}

function remoteVerb(form: CommandListing): Verb {
  const usage = argumentsUsage(form);
  const options = formVerbOptions(form);
  return {
    name: form.name,
    summary: form.summary.replace(/\.$/, ''),
    group: `Of plugin ${form.plugin}:`,
    usage,
    description: form.description ?? form.summary,
    options: [...options, ...[...SHARED_OPTIONS, SHOW_SECRETS].filter(({ name }) => !options.some((own) => own.name === name))],
    async run(args, values, io) {
      return talking(form.name, usage, values, io, async (target) => {
        const properties = withSecrets(formProperties(form, args, values), values);
        const reply = await withClient(target, (client) => client.call(form.name, properties));
        const text =
          values.json === true ? visibleJson(reply) : await understood(`the reply to ${form.name}`, () => replyText(form, reply));
        io.stdout.write(`${visibleLines(text)}\n`);
      });
    },
  };
}

/** What is printed of a reply: one key alone, or all as `key: value`. */
export function replyText({ prints }: Pick<CommandListing, 'prints'>, reply: Reply): string {
  if (prints !== undefined) return String(reply[prints] ?? '').replace(/\n$/, '');
  const { id: _, status, time: __, ...body } = reply;
  const lines = Object.entries(body).map(([key, value]) => `${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return lines.length === 0 ? status : lines.join('\n');
}
