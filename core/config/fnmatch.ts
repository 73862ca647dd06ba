/**
 * The regular expression for a file name pattern: `*`, `?`, `[abc]`, `[!abc]`; case counts, and `*` matches `/` too.
 *
 * @source Python's fnmatch
 */
function fnmatchPattern(pattern: string): RegExp {
  let text = '';
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern.charAt(at);
    if (char === '*') text += '.*';
    else if (char === '?') text += '.';
    else if (char === '[') {
      // A ] right after the opening is a member of the set.
      const from = at + (pattern[at + 1] === '!' ? 2 : 1);
      const end = pattern.indexOf(']', from + 1);
      if (end === -1) text += '\\[';
      else {
        const members = pattern.slice(from, end).replace(/[\\\]^[]/g, '\\$&');
        text += `[${from - at === 2 ? '^' : ''}${members}]`;
        at = end;
      }
    } else text += char.replace(/[\\^$.|+(){}\]/]/g, '\\$&');
  }
  return new RegExp(`^${text}$`, 's');
}

/** Whether `name` matches the pattern. */
export function fnmatch(name: string, pattern: string): boolean {
  return fnmatchPattern(pattern).test(name);
}
