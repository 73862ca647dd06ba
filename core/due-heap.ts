interface Entry<T> {
  readonly of: T;
  at: number;
}

const NOTHING: readonly never[] = [];

/** Things that are due at some time, sorted so far that what is due next is found without a look at the rest. */
export class DueHeap<T> {
  readonly #entries: Entry<T>[] = [];
  /** Made when something is due: of most things nothing ever is. */
  #index: Map<T, number> | null = null;

  /** @param at when it is due, in milliseconds; null: never, which forgets it */
  set(of: T, at: number | null): void {
    if (at === null && this.#entries.length === 0) return;
    const index = this.#index?.get(of);
    const entry = index === undefined ? undefined : this.#entries[index];
    if (at === null) {
      if (index !== undefined) this.#remove(index);
    } else if (entry === undefined || index === undefined) {
      this.#entries.push({ of, at });
      this.#settle(this.#entries.length - 1);
    } else if (entry.at !== at) {
      entry.at = at;
      this.#settle(index);
    }
  }

  /** When the first of all is due; null where there is none. */
  get first_at(): number | null {
    return this.#entries[0]?.at ?? null;
  }

  /** What is due by `now`, the longest first; no more than `most`. */
  due(now: number, most = Number.POSITIVE_INFINITY): readonly T[] {
    const first = this.#entries[0];
    if (first === undefined || first.at > now) return NOTHING;
    if (most === 1 || (!this.#isDue(1, now) && !this.#isDue(2, now))) return [first.of];
    const due: Entry<T>[] = [];
    this.#walk(now, (entry) => due.push(entry));
    return due
      .sort((a, b) => a.at - b.at)
      .slice(0, most)
      .map(({ of }) => of);
  }

  /** When the first that is not due by `now` is; null where there is none. */
  after(now: number): number | null {
    const first = this.#entries[0];
    if (first === undefined) return null;
    if (first.at > now) return first.at;
    if (this.#entries.length === 1) return null;
    let next: number | null = null;
    const later = ({ at }: Entry<T>): void => {
      if (next === null || at < next) next = at;
    };
    this.#walk(now, () => {}, later);
    return next;
  }

  #isDue(index: number, now: number): boolean {
    const entry = this.#entries[index];
    return entry !== undefined && entry.at <= now;
  }

  /** Goes through all that are due, and the first of each branch that are not. */
  #walk(now: number, due: (entry: Entry<T>) => void, later?: (entry: Entry<T>) => void): void {
    const todo = [0];
    for (let index = todo.pop(); index !== undefined; index = todo.pop()) {
      const entry = this.#entries[index];
      if (entry === undefined) continue;
      if (entry.at > now) later?.(entry);
      else {
        due(entry);
        todo.push(2 * index + 1, 2 * index + 2);
      }
    }
  }

  #remove(index: number): void {
    const entry = this.#entries[index];
    const last = this.#entries.pop();
    if (entry !== undefined) this.#index?.delete(entry.of);
    if (last === undefined || last === entry) return;
    this.#entries[index] = last;
    this.#settle(index);
  }

  /** Moves the entry to where it belongs. */
  #settle(from: number): void {
    const entry = this.#entries[from];
    if (entry === undefined) return;
    let index = from;
    for (;;) {
      const above = (index - 1) >> 1;
      const parent = index > 0 ? this.#entries[above] : undefined;
      if (parent === undefined || parent.at <= entry.at) break;
      this.#put(parent, index);
      index = above;
    }
    for (;;) {
      const left = 2 * index + 1;
      const right = left + 1;
      const below =
        (this.#entries[right]?.at ?? Number.POSITIVE_INFINITY) < (this.#entries[left]?.at ?? Number.POSITIVE_INFINITY) ? right : left;
      const child = this.#entries[below];
      if (child === undefined || child.at >= entry.at) break;
      this.#put(child, index);
      index = below;
    }
    this.#put(entry, index);
  }

  #put(entry: Entry<T>, index: number): void {
    this.#entries[index] = entry;
    this.#index ??= new Map();
    this.#index.set(entry.of, index);
  }
}
