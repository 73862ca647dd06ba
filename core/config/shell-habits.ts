import type { Finding } from './problem.js';

/** What a command has to have in it before it is looked at more closely. */
const SUSPICIOUS = /[&|;<>$=]|^\s*cd\s/;
/** Quoted words, and what follows a backslash, mean what they say. */
const QUOTED = /'[^']*'|"(?:\\.|[^"\\])*"|\\./gs;
const OPERATOR = /(?:^|\s)(&&|\|\|?|;|&|\d?>>?\S*|<{1,3}\S*)(?=\s|$)|(;)(?=\s|$)/;

/** What in a command would need a shell, of which there is none, and what to write instead; null where it needs none. */
export function shellHabit(cmd: string): Finding | null {
  if (!SUSPICIOUS.test(cmd)) return null;
  const bare = cmd.replace(QUOTED, 'q').trim();
  const [, assigned] = /^([A-Za-z_]\w*)=/.exec(bare) ?? [];
  if (assigned !== undefined) return habit(`begins with ${assigned}=, which only a shell understands`, `put ${assigned} under env`);
  if (/^cd\s/.test(bare)) return habit('begins with cd, which only a shell understands', 'say working_dir instead');
  const match = OPERATOR.exec(bare);
  const operator = match?.[1] ?? match?.[2];
  if (operator !== undefined) return habit(`has ${operator} in it, which only a shell understands`, insteadOf(operator));
  const [, variable] = /\$\{?([A-Z][A-Z0-9_]*)/.exec(bare) ?? [];
  if (variable === undefined || variable === 'WID') return null;
  return habit(`has $${variable} in it, which the program gets as it is written`, `write $(env.${variable})`);
}

function habit(message: string, fix: string): Finding {
  return { message, fix };
}

function insteadOf(operator: string): string {
  if (operator === '&') return 'leave it out: what runs in the background is not supervised';
  if (operator.includes('>')) return 'say by stdout and stderr where output goes';
  return 'write sh -c "…"';
}
