import { expect } from 'chai';
import { type PlannedPlugin, planPlugins } from '../../core/plan-plugins.js';

/** `name`, `name:value` for an option, `name<required`, `name!` for one that only the daemon can set up again,
 * `name~` for one whose options matter to its watchers alone. */
function plugins(text: string): readonly PlannedPlugin[] {
  return text.split(' ').flatMap((word) => {
    const [, name, fixed, option, required] = /^(\w+)([!~]?)(?::(\w+))?(?:<(\w+))?$/.exec(word) ?? [];
    if (name === undefined) return [];
    return [
      {
        name,
        source: `./${name}.js`,
        requires: required === undefined ? [] : [required],
        applies: fixed === '!' ? 'daemon' : fixed === '~' ? 'watchers' : 'live',
        options: option === undefined ? {} : { option },
      },
    ];
  });
}

describe('plan of plugins', () => {
  const cases: [now: string, wanted: string, before: string, after: string][] = [
    ['a b', 'a b', '', ''],
    ['a b', 'b a', '', ''],
    ['a', 'a b', '+b(added)', ''],
    ['a b', 'a', '', '-b(removed)'],
    ['a b<a', '', '', '-b(removed) -a(removed)'],
    ['a:1', 'a:2', '-a(changed) +a(changed)', ''],
    ['a:1 b<a c<b d', 'a:2 b<a c<b d', '-c(requires b) -b(requires a) -a(changed) +a(changed) +b(requires a) +c(requires b)', ''],
    ['a:1 b<a', 'a:2', '-a(changed) +a(changed)', '-b(removed)'],
    ['a:1', 'a:2 b<a', '-a(changed) +a(changed) +b(added)', ''],
    ['a:1 b', 'a:2 c', '-a(changed) +a(changed) +c(added)', '-b(removed)'],
    ['a~:1', 'a~:2', '', ''],
    ['', 'a~:1', '+a(added)', ''],
    ['a~:1', '', '', '-a(removed)'],
    ['b:1 a~:1<b', 'b:2 a~:2<b', '-a(requires b) -b(changed) +b(changed) +a(requires b)', ''],
    ['a!:1', 'a!:2', '', '!./a.js(changed)'],
    ['a!', '', '', '!./a.js(removed)'],
    ['', 'a!', '', '!./a.js(added)'],
    ['a:1 b!<a', 'a:2 b!<a', '', '!./a.js(changed)'],
    ['a:1 b<a c!<b', 'a:2 b<a c!<b', '', '!./a.js(changed)'],
    ['a:1 b!<a', '', '', '!./a.js(removed) !./b.js(removed)'],
  ];
  for (const [now, wanted, before, after] of cases) {
    it(`from "${now}" to "${wanted}" is "${before}" before and "${after}" after the watchers`, () => {
      const plan = planPlugins(plugins(now), plugins(wanted));
      const text = (all: (typeof plan)['after']): string =>
        all
          .map((step) => {
            if (step.do === 'restart_daemon') return `!${step.name}(${step.change})`;
            return `${step.do === 'plugin_load' ? '+' : '-'}${step.plugin}(${step.reason})`;
          })
          .join(' ');
      expect([text(plan.before), text(plan.after)]).to.deep.equal([before, after]);
    });
  }

  it('tells which options differ', () => {
    const [, load] = planPlugins(plugins('a:1'), plugins('a:2')).before;
    expect(load).to.have.deep.property('changes', [{ option: 'option', from: '1', to: '2' }]);
  });

  it('takes one of the same name from elsewhere for changed', () => {
    const [one] = plugins('a');
    const elsewhere = one === undefined ? [] : [{ ...one, source: './v2.js' }];
    expect(planPlugins(plugins('a'), elsewhere).before.map((step) => step.do)).to.deep.equal(['plugin_unload', 'plugin_load']);
  });
});
