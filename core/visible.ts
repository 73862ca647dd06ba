/** A text as a terminal may be given it: what it would take for an order is shown, also the ends of lines. */
export function visible(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, escaped);
}

/** The same for a text of several lines. */
export function visibleLines(text: string): string {
  return text.replaceAll(/[^\P{Cc}\n\t]/gu, escaped);
}

/** A value as JSON, which means the same to whoever reads that. */
export function visibleJson(value: unknown, indent?: number): string {
  return visibleLines(JSON.stringify(value, null, indent));
}

/** As in JSON, which leaves alone what begins orders in one character, U+009B. */
function escaped(character: string): string {
  const code = character.charCodeAt(0);
  return code < 0x7f ? JSON.stringify(character).slice(1, -1) : `\\u00${code.toString(16)}`;
}
