import { expect } from 'chai';
import fc from 'fast-check';
import { type IniSections, parseIni } from '../../../core/config/ini.js';

function read(...texts: readonly string[]): { values: Record<string, Record<string, string>>; told: string[]; sections: IniSections } {
  const sections: IniSections = new Map();
  const told: string[] = [];
  for (const [at, text] of texts.entries()) {
    parseIni(text, `${at}.ini`, sections, (severity, { message }, { file, line }) => told.push(`${file}:${line}: ${severity}: ${message}`));
  }
  const values = Object.fromEntries(
    [...sections].map(([name, { entries }]) => [name, Object.fromEntries([...entries].map(([key, { value }]) => [key, value]))]),
  );
  return { values, told, sections };
}

describe('ini parser', () => {
  const dialect: [string, string, Record<string, string>][] = [
    ['takes = and :, whichever comes first', 'a = b:c\nd: e=f\ng=h', { a: 'b:c', d: 'e=f', g: 'h' }],
    ['skips comments in the first column and rem', '# x = 1\n; y = 2\nrem z = 3\nREM\nremark = 4', { remark: '4' }],
    ['goes on with indented lines, over blank lines, comments included', 'a = 1\n  2\n\n\t; 3\nb = 4', { a: '1\n2\n; 3', b: '4' }],
    ['starts a comment at a ; after white space', 'a = b ; c\nd = e;f\ng = h;i ;j\nk = ;l', { a: 'b', d: 'e;f', g: 'h;i ;j', k: ';l' }],
    ['reads "" as empty, and keeps other quotes', 'a = ""\nb = "c"\nd =', { a: '', b: '"c"', d: '' }],
    ['keeps the case of keys and values', 'Ab = Cd\nab = cd', { Ab: 'Cd', ab: 'cd' }],
    ['reads line ends of other systems and a byte order mark', 'a = 1\r\nb = 2\r\n', { a: '1', b: '2' }],
  ];
  for (const [title, text, expected] of dialect) {
    it(title, () => expect(read(`\uFEFF[s]\n${text}`)).to.deep.include({ values: { s: expected }, told: [] }));
  }

  it('goes on with a section that is opened again, and takes the first value, across files too', () => {
    const { values, told } = read('[a]\nx = 1\n[b]\n[a]\nx = 2\n more\ny = 3\n', '[a]\ny = 4\nz = 5\n');
    expect(values).to.deep.equal({ a: { x: '1', y: '3', z: '5' }, b: {} });
    expect(told).to.deep.equal([
      '0.ini:5: warning: "x" is given twice; the first value, in line 2, counts',
      '1.ini:2: warning: "y" is given twice; the first value, in 0.ini:7, counts',
    ]);
  });

  it('names every line that it cannot read, and reads the others', () => {
    const { values, told } = read('early = 1\n[a]\njunk\n more junk\nx = 1\n= 2\n[b\ny = 3\n[c] trailing\nz = 4');
    expect(values).to.deep.equal({ a: { x: '1' }, c: { z: '4' } });
    expect(told).to.deep.equal([
      '0.ini:1: error: "early" stands before the first [section]',
      '0.ini:3: error: line is neither "key = value", a [section] nor a comment, got "junk"',
      '0.ini:6: error: line is neither "key = value", a [section] nor a comment, got "= 2"',
      '0.ini:7: error: section header without a closing ], got "[b"',
    ]);
  });

  it('remembers the line of each key', () => {
    const { sections } = read('[a]\n\nx = 1\n  2\ny = 3');
    expect([...(sections.get('a')?.entries ?? [])].map(([key, { origin }]) => [key, origin.line])).to.deep.equal([
      ['x', 3],
      ['y', 5],
    ]);
  });

  it('reads back any sections that are written down', () => {
    const name = fc.stringMatching(/^[A-Za-z][\w.:-]{0,8}$/);
    const key = fc.stringMatching(/^[A-Za-z_][\w.]{0,8}$/).filter((text) => text.toLowerCase() !== 'rem');
    const value = fc.stringMatching(/^[\w=:#$(){}"'/.-][\w =:#$(){}"'/.-]{0,12}$/).map((text) => text.trim());
    const sections = fc.dictionary(
      name,
      fc.dictionary(
        key,
        value.filter((text) => text !== '""'),
        { noNullPrototype: true },
      ),
      { noNullPrototype: true },
    );
    fc.assert(
      fc.property(sections, (written) => {
        const text = Object.entries(written).map(([title, entries]) =>
          [`[${title}]`, ...Object.entries(entries).map(([left, right]) => `${left} = ${right}`)].join('\n'),
        );
        expect(read(text.join('\n\n'))).to.deep.include({ values: written, told: [] });
      }),
    );
  });
});
