import type { ProbeType } from '../../../core/index.js';
import { type Answer, wrongWith } from './answer.js';
import { type HttpProbe, schema } from './schema.js';

/** An answer that is not the expected one. */
class WrongAnswer extends Error {
  readonly status: number;
  constructor(why: string, { status }: Answer) {
    super(why);
    this.status = status;
  }
}

/** Asks for a URL; what it rejects with has the `status`, where there was an answer. */
export const httpProbe: ProbeType = {
  name: 'http',
  summary: 'Asks for a URL and looks at the answer.',
  schema,
  async probe(options: HttpProbe, signal) {
    if (!URL.canParse(options.url)) throw new Error(`${options.url} is no URL`);
    const { ask } = await import('./ask.js');
    const request = { ...options, method: options.method.toUpperCase() };
    const answer = await ask(request, signal);
    const wrong = wrongWith(answer, options);
    if (wrong !== null) throw new WrongAnswer(wrong, answer);
  },
};
