// A destination of one's own: what `type: ./shout.mjs#Shout` names, made with the options of the output.
import { createWriteStream } from 'node:fs';

export class Shout {
  constructor({ options }) {
    this.file = createWriteStream(options.filename, { flags: 'a' });
  }

  /** A promise holds back the process that has written, and nobody else. */
  write(bytes, { watcher, pid }) {
    return new Promise((done, failed) => {
      this.file.write(`${watcher} ${pid}: ${bytes.toString().toUpperCase()}`, (error) => (error ? failed(error) : done()));
    });
  }

  close() {
    return new Promise((done) => this.file.end(done));
  }
}
