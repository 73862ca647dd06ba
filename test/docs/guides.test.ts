import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { parseArguments } from '../../core/cli/arguments.js';
import { allVerbs, otherPrograms } from '../../core/cli/verbs.js';
import { formatProblem, loadConfig } from '../../core/config/index.js';
import { configSchema, daemonProperties } from '../../core/config/schema/daemon.js';
import { socketSchema } from '../../core/config/schema/socket.js';
import { watcherSchema } from '../../core/config/schema/watcher.js';
import { CIRCUS_PLUGINS, UNSUPPORTED } from '../../core/config/unsupported.js';
import { resolvePlugin } from '../../core/plugin-resolve.js';
import { splitWords } from '../../core/shell-words.js';
import { type Block, guideBlocks, guidePages, pageText, placeOf, ROOT } from './blocks.js';

const CONFIG_LANGUAGES = ['yaml', 'json', 'toml', 'ini'];

/** The section of a page under a heading of the second level. */
function sectionOf(page: string, heading: string): string {
  const section = pageText(page)
    .split(/^## /m)
    .find((text) => text.startsWith(`${heading}\n`));
  if (section === undefined) throw new Error(`${page} has no section "${heading}"`);
  return section;
}

describe('configs in the guides', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ringmaster-docs-'));
  });
  after(() => rm(folder, { recursive: true }));

  const configs = guideBlocks().filter(({ marks }) => marks.includes('config'));

  it('are there in every format', () => {
    expect(configs.map(({ language }) => language)).to.include.members(CONFIG_LANGUAGES);
  });

  for (const block of configs) {
    it(`${placeOf(block)} has no problems`, async () => {
      const file = join(folder, `config.${block.language}`);
      await writeFile(file, block.text);
      const { problems, config } = await loadConfig(file, { resolvePlugin });
      const unexpected = block.marks.includes('warnings') ? problems.filter(({ severity }) => severity === 'error') : problems;
      expect(unexpected.map(formatProblem)).to.deep.equal([]);
      expect(config?.watchers).to.be.an('object').that.is.not.empty;
    });
  }
});

describe('commands in the guides', () => {
  const lines = guideBlocks()
    .filter(({ language }) => language === 'sh' || language === 'console')
    .flatMap((block) => commandsIn(block).map((command) => ({ block, command })));

  it('are found', () => {
    expect(lines).to.have.length.above(15);
  });

  for (const { block, command } of lines) {
    it(`${placeOf(block)}: ${command} is one that there is`, async () => {
      const split = splitWords(command);
      if ('error' in split) throw new Error(split.error);
      const [program = '', ...words] = split.words;
      if (program !== 'ringmaster') {
        const options = (await otherPrograms()).find(({ name }) => name === program)?.options ?? [];
        expect(parseArguments(words, options).problems).to.deep.equal([]);
        return;
      }
      const [verb = ''] = words;
      if (verb === 'help') return;
      const verbs = await allVerbs();
      const found = verbs.find(({ name }) => name === words.slice(0, 2).join(' ')) ?? verbs.find(({ name }) => name === verb);
      expect(found?.name, `verb ${verb}`).to.be.oneOf([verb, words.slice(0, 2).join(' ')]);
      const args = words.slice(found?.name.split(' ').length);
      expect(parseArguments(args, found?.options ?? []).problems).to.deep.equal([]);
    });
  }
});

/** Command lines of ours in a block, without prompt, `npx`, comment and what the shell does with them; in a console those after a prompt. */
function commandsIn({ language, text }: Block): readonly string[] {
  const prompt = language === 'console' ? String.raw`\$ ` : String.raw`(?:\$ )?`;
  const pattern = new RegExp(String.raw`^ *${prompt}(?:source <\()?(?:npx )?((?:ringmaster|circusd|circusctl) [^#>|)\n;&]*)`, 'gm');
  return [...text.matchAll(pattern)].map(([, command = '']) => command.trim());
}

describe('links in the guides', () => {
  for (const page of guidePages()) {
    it(`${page} leads to files and headings that there are`, () => {
      const targets = [...pageText(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
      const broken = targets.filter((target) => !/^https?:/.test(target) && !leadsSomewhere(page, target));
      expect(broken).to.deep.equal([]);
    });
  }
});

function leadsSomewhere(page: string, target: string): boolean {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? page : join(dirname(page), path);
  if (!existsSync(join(ROOT, file))) return false;
  if (anchor === undefined) return true;
  const headings = [...pageText(file).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading.toLowerCase());
  return headings.some((heading) => heading.replaceAll(/[^\w\s-]/g, '').replaceAll(/\s/g, '-') === anchor);
}

describe('moving from Circus', () => {
  const PAGE = 'docs/circus.md';
  const SECTIONS = {
    '[circus]': [...Object.keys(daemonProperties), 'include', 'include_dir'],
    '[watcher:NAME]': Object.keys(watcherSchema.properties).map((key) => (key.startsWith('rlimit_') ? 'rlimit_*' : key)),
    '[socket:NAME]': Object.keys(socketSchema.properties),
  };
  /** Watcher options that are no key of Circus's. */
  const OURS = ['env', 'credentials', 'plugins', 'options'];

  for (const [heading, keys] of Object.entries(SECTIONS)) {
    it(`tells what becomes of every key of ${heading}`, () => {
      const section = sectionOf(PAGE, heading);
      const told = [...section.matchAll(/^\|([^|]+)\|/gm)].flatMap(([, cell = '']) =>
        [...cell.matchAll(/`([\w*]+)/g)].map(([, key]) => key),
      );
      expect(told).to.include.members(keys.filter((key) => !OURS.includes(key)));
      expect(told.filter((key) => !keys.includes(String(key)))).to.deep.equal([]);
    });
  }

  it('says of every option that is not there yet, or has no meaning here, that it is so', () => {
    const places = { daemon: '[circus]', watcher: '[watcher:NAME]', socket: '[socket:NAME]' } as const;
    const silent = UNSUPPORTED.flatMap(({ at, keys }) => {
      const rows = sectionOf(PAGE, places[at]).split('\n');
      return keys.filter((key) => !rows.some((row) => row.includes(`\`${key}`) && /not yet|no meaning/.test(row)));
    });
    expect(silent).to.deep.equal([]);
  });

  it("tells what becomes of each of Circus's plugins", () => {
    const rows = sectionOf(PAGE, '[plugin:NAME]')
      .split('\n')
      .filter((row) => row.startsWith('| `'));
    const told = rows.flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`(\w+)`/g)].map(([, name]) => name));
    expect(told).to.have.members(Object.values(CIRCUS_PLUGINS));
  });

  /** What Circus 0.19 has. @source its circus/commands and the argument parsers of its programs */
  const COMMANDS =
    'add decr dstats get globaloptions incr ipython kill list listen listsockets numprocesses numwatchers options quit reload reloadconfig restart rm set signal start stats status stop';
  const FLAGS: Readonly<Record<string, string>> = {
    circusd: 'log-level log-output logger-config daemon pidfile version',
    circusctl: 'endpoint timeout json prettify ssh ssh_keyfile version help',
    'circus-top': 'endpoint ssh process-timeout version',
  };
  const cellsOf = (row: string): readonly string[] => row.split('|').slice(1, -1);
  const wordsOf = (cell = ''): readonly string[] => [...cell.matchAll(/`(?:--)?([\w-]+)`/g)].map(([, word = '']) => word);
  const tables = (): readonly string[] =>
    sectionOf(PAGE, 'The command line')
      .split('\n')
      .filter((row) => row.startsWith('| `'));

  it('tells what becomes of every command of circusctl, all of which there are', async () => {
    const told = tables()
      .filter((row) => cellsOf(row).length === 2)
      .flatMap((row) => wordsOf(cellsOf(row)[0]));
    expect(told).to.have.members(COMMANDS.split(' '));
    const circusctl = (await otherPrograms()).find(({ name }) => name === 'circusctl');
    expect(circusctl?.verbs.map(({ name }) => name)).to.include.members([...told]);
  });

  it("tells what becomes of every flag of Circus's programs, all of which there are", async () => {
    const rows = tables().filter((row) => cellsOf(row).length === 3);
    expect(rows.flatMap((row) => wordsOf(cellsOf(row)[0]))).to.have.members([...Object.keys(FLAGS), 'circusd-stats', 'circus-plugin']);
    for (const program of await otherPrograms()) {
      const row = rows.find((text) => text.startsWith(`| \`${program.name}\``));
      const told = wordsOf(cellsOf(row ?? '')[1]);
      expect(told, program.name).to.have.members(FLAGS[program.name]?.split(' ') ?? []);
      expect(program.options.map(({ name }) => name)).to.include.members([...told]);
    }
  });

  it('says of no other option that it is not there yet', () => {
    const rows = sectionOf(PAGE, '[circus]').split('\n').concat(sectionOf(PAGE, '[watcher:NAME]').split('\n'));
    const keys = rows
      .filter((row) => row.includes('not yet'))
      .flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`([\w]+)/g)].map(([, key]) => String(key)));
    const known = [...UNSUPPORTED.flatMap((row) => row.keys), 'hooks'];
    expect(keys.filter((key) => !known.includes(key))).to.deep.equal([]);
  });
});

describe('dependencies', () => {
  it('are each explained, and no others', () => {
    const { dependencies, devDependencies } = JSON.parse(pageText('package.json'));
    const told = [...pageText('docs/dependencies.md').matchAll(/^\| `([^`]+)`/gm)].map(([, name]) => name);
    expect(told).to.have.members([...Object.keys(dependencies), ...Object.keys(devDependencies)]);
  });
});

describe('the maps of a config', () => {
  it('are each told of in the guide', () => {
    const maps = Object.keys(configSchema.properties).filter((name) => !(name in daemonProperties));
    for (const map of maps) expect(pageText('docs/config.md')).to.include(`\`${map}\``);
  });
});
