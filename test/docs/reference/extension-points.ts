import { allowedText, EXTENSION_POINTS, type ExtensionField } from '../../../core/extension-points.js';
import { code, page, table } from './markdown.js';

export function extensionPointsPage(): string {
  const points = Object.entries(EXTENSION_POINTS);
  return page('Extension points reference', 'core/extension-points.ts', [
    'What a plugin adds to the work of others: `extend(point, contribution)` in its `setup`. What it has added is withdrawn before it closes. ' +
      '`extensions(point)` gives what all plugins have added. [The guide](../plugins.md#extension-points) has an example.',
    table(
      ['Point', 'What it is', 'Used by the plugin'],
      points.map(([name, { summary, used_by }]) => [`[${code(name)}](#${name})`, summary, code(used_by)]),
    ),
    ...points.flatMap(([name, { key, fields }]) => [
      `## ${name}`,
      `Unique by ${key.map(code).join(' and ')}.`,
      table(
        ['Field', 'Allowed', 'Meaning'],
        Object.entries<ExtensionField>(fields).map(([field, { kind, summary, optional }]) => [
          `${code(field)}${optional === true ? ' (optional)' : ''}`,
          allowedText(kind),
          summary,
        ]),
      ),
    ]),
  ]);
}
