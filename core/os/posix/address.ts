import { isIPv4, isIPv6 } from 'node:net';

/** @source sys/socket.h of Linux, the same on every processor that Node runs on */
export const AF = { AF_UNIX: 1, AF_INET: 2, AF_INET6: 10 } as const;

const IN4_BYTES = 16;
const IN6_BYTES = 28;
/** Where sockaddr_un has its path, and how long that may be without a zero at its end. @source unix(7) */
const UNIX_PATH_OFFSET = 2;
export const LONGEST_PATH_BYTES = 107;

/** The numbers of the interfaces of this machine by name, for scoped addresses such as fe80::1%eth0. */
export type Scopes = (name: string) => number;

/** sockaddr_in or sockaddr_in6. @param host an address in figures of that family */
export function inetAddress(host: string, port: number, scopes: Scopes): Buffer {
  if (isIPv4(host)) {
    const address = Buffer.alloc(IN4_BYTES);
    address.writeUInt16LE(AF.AF_INET, 0);
    address.writeUInt16BE(port, 2);
    address.set(host.split('.').map(Number), 4);
    return address;
  }
  const address = Buffer.alloc(IN6_BYTES);
  const [figures = '', scope] = host.split('%');
  address.writeUInt16LE(AF.AF_INET6, 0);
  address.writeUInt16BE(port, 2);
  address.set(parseIn6(figures), 8);
  address.writeUInt32LE(scope === undefined ? 0 : scopes(scope), 24);
  return address;
}

/** sockaddr_un of a path. */
export function unixAddress(path: string): Buffer {
  const address = Buffer.alloc(UNIX_PATH_OFFSET + Buffer.byteLength(path) + 1);
  address.writeUInt16LE(AF.AF_UNIX, 0);
  address.write(path, UNIX_PATH_OFFSET);
  return address;
}

/** Host and port of a sockaddr_in or sockaddr_in6. */
export function readInetAddress(address: Buffer): { readonly host: string; readonly port: number } {
  const port = address.readUInt16BE(2);
  if (address.readUInt16LE(0) === AF.AF_INET) return { host: address.subarray(4, 8).join('.'), port };
  const groups = Array.from({ length: 8 }, (_, index) => address.readUInt16BE(8 + index * 2).toString(16));
  // The standard's own short form.
  return { host: new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1), port };
}

function parseIn6(host: string): number[] {
  if (!isIPv6(host)) throw new TypeError(`not an address in figures: ${host}`);
  const [left = '', right] = new URL(`http://[${host}]`).hostname.slice(1, -1).split('::');
  const groups = (text: string | undefined): string[] => (text ? text.split(':') : []);
  const [before, after] = [groups(left), groups(right)];
  const all = [...before, ...Array.from({ length: 8 - before.length - after.length }, () => '0'), ...after];
  return all.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]);
}
