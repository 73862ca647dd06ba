import { commandsPage } from './commands.js';
import { configPage } from './config.js';
import { editorSchema } from './editor-schema.js';
import { errorsPage } from './errors.js';
import { eventsPage } from './events.js';
import { extensionPointsPage } from './extension-points.js';
import { hooksPage } from './hooks.js';
import { pluginMessagesPage } from './plugin-messages.js';
import { packagedPlugins, pluginsPage } from './plugins.js';
import { statesPage } from './states.js';

/** Every file of docs/reference, by name, as it ought to be. */
export async function referenceFiles(): Promise<ReadonlyMap<string, string>> {
  const plugins = await packagedPlugins();
  return new Map([
    ['config.md', configPage()],
    ['hooks.md', hooksPage()],
    ['extension-points.md', extensionPointsPage()],
    ['events.md', eventsPage()],
    ['errors.md', errorsPage()],
    ['commands.md', await commandsPage()],
    ['states.md', statesPage()],
    ['plugins.md', pluginsPage(plugins)],
    ['plugin-messages.md', pluginMessagesPage()],
    ['ringmaster.schema.json', `${JSON.stringify(editorSchema(plugins), null, 2)}\n`],
  ]);
}
