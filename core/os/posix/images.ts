import { placesOf } from '../find-executable.js';
import type { SpawnRequest } from '../port.js';
import { likelyProgram, programOf } from '../program.js';
import { needsWrapping, type Program } from '../wrap.js';
import { C, type Libc } from './libc.js';
import { cText, textBlock } from './text-block.js';

/** What execve(2) takes, in the form of the kernel. */
export interface Image {
  /** As text, for messages. */
  readonly path: string;
  readonly file: Buffer;
  /** Pointers to the texts, a null after the last; `envp` too. */
  readonly argv: Buffer;
  readonly envp: Buffer;
}

/** What a request came to whose words and variables can't be changed any more. */
interface Known extends Pick<SpawnRequest, 'file' | 'env' | 'cwd'> {
  readonly image: Image;
  /** Where PATH has the command looked for before; there was nothing. */
  readonly before: readonly Buffer[];
}

/** Makes of requests what execve(2) takes, once for those that are the same. */
export class Images {
  readonly #libc: Pick<Libc, 'access' | 'addressOf'>;
  readonly #known = new WeakMap<SpawnRequest['argv'], Known>();
  readonly #blocks = new WeakMap<object, Buffer>();

  constructor(libc: Pick<Libc, 'access' | 'addressOf'>) {
    this.#libc = libc;
  }

  /**
   * Without a look at whether it can be executed, which the kernel will tell; null where it could not, because other programs come before.
   *
   * @throws SpawnError for a zero byte, or a command that is not in PATH
   */
  likely(request: SpawnRequest): Image | null {
    if (needsWrapping(request)) return null;
    const { file, argv, env, cwd } = request;
    const known = this.#known.get(argv);
    const isSame = known !== undefined && known.env === env && known.file === file && known.cwd === cwd;
    if (isSame && this.#isFirst(known.before)) return known.image;
    const program = likelyProgram(request);
    if (program === null) return null;
    const image = this.#image(program);
    this.#keep(request, image);
    return image;
  }

  /** With all that can be known before looked at. @throws SpawnError that names the option, or the file, that is wrong */
  certain(request: SpawnRequest): Image {
    return this.#image(programOf(request));
  }

  #image({ file, argv, env }: Program): Image {
    return { path: file, file: cText(file), argv: this.#wordsOf(argv), envp: this.#variablesOf(env) };
  }

  #keep(request: SpawnRequest, image: Image): void {
    const { file, argv, env, cwd } = request;
    if (!Object.isFrozen(argv) || !Object.isFrozen(env)) return;
    const places = placesOf(file, env.PATH, cwd);
    const before = places.slice(0, places.indexOf(image.path)).map(cText);
    // The daemon's own PATH may become another one.
    const isFixed = env.PATH !== undefined || file.includes('/');
    if (isFixed && this.#isFirst(before)) this.#known.set(argv, { file, env, cwd, image, before });
  }

  /** Nobody has put another command before it. */
  #isFirst(before: readonly Buffer[]): boolean {
    for (const place of before) if (this.#libc.access(place, C.F_OK) === 0) return false;
    return true;
  }

  #wordsOf(argv: SpawnRequest['argv']): Buffer {
    return this.#blocks.get(argv) ?? this.#keepBlock(argv, textBlock(this.#libc, argv));
  }

  #variablesOf(env: SpawnRequest['env']): Buffer {
    const known = this.#blocks.get(env);
    if (known !== undefined) return known;
    const texts = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    return this.#keepBlock(env, textBlock(this.#libc, texts));
  }

  /** What can't be changed any more is put into the form of the kernel once. */
  #keepBlock(of: object, block: Buffer): Buffer {
    if (Object.isFrozen(of)) this.#blocks.set(of, block);
    return block;
  }
}
