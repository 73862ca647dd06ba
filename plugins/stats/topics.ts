import { type ProcessSample, processInfo, type Stats } from '../../core/index.js';

/** One message: `stat.NAME`, or `stat.NAME.SUBTOPIC`, and its body. */
export interface Message {
  readonly topic: string;
  readonly body: Stats;
}

/** Connections, or datagrams, that came to a managed socket since the last round; those within the same millisecond are one. */
interface SocketReads {
  /** The number that processes see. */
  readonly fd: number;
  /** `HOST:PORT` or a path. */
  readonly address: string;
  readonly reads: number;
}

/** Topic of a group of processes: the name in lower case, as `list` tells it. */
export function topicOf(name: string): string {
  return `stat.${name.toLowerCase()}`;
}

/**
 * Messages about the processes of one watcher, or about those of the daemon: one for each, then one that sums them up.
 *
 * @param title what the process is, for those of the daemon; null for those of watchers
 * @param memory_bytes what the machine has
 */
export function processMessages(
  topic: string,
  samples: readonly ProcessSample[],
  title: string | null,
  memory_bytes: number,
): readonly Message[] {
  const infos = samples.map((sample) => ({ ...processInfo(sample, memory_bytes), subtopic: sample.pid, name: title }));
  return [
    ...infos.map((body) => ({ topic: `${topic}.${body.subtopic}`, body })),
    { topic, body: { pid: samples.map(({ pid }) => pid), ...aggregate(infos) } },
  ];
}

/** Processor time on average, memory in sum, the age of the oldest. */
function aggregate(infos: readonly Stats[]): Stats {
  const sum = (key: string): number => infos.reduce((total, info) => total + Number(info[key]), 0);
  return {
    cpu: infos.length === 0 ? 0 : sum('cpu') / infos.length,
    mem: sum('mem'),
    age: infos.length === 0 ? 'N/A' : Math.max(...infos.map((info) => Number(info.age))),
  };
}

/** Messages about managed sockets: one for each, then one that sums them up; none where there are no sockets. */
export function socketMessages(sockets: readonly SocketReads[]): readonly Message[] {
  if (sockets.length === 0) return [];
  const total = { addresses: sockets.map(({ address }) => address), reads: sockets.reduce((sum, { reads }) => sum + reads, 0) };
  return [
    ...sockets.map(({ fd, address, reads }) => ({ topic: `stat.sockets.${fd}`, body: { fd, subtopic: fd, reads, address } })),
    { topic: 'stat.sockets', body: total },
  ];
}
