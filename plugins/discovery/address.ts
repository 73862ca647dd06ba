/** Where Circus's daemons are discovered. */
export const DEFAULT_ADDRESS = 'udp://237.219.251.97:12027';

/** A group of UDP multicast, over IPv4. */
export interface MulticastAddress {
  readonly group: string;
  readonly port: number;
}

/** What an address must be, for messages. */
export const ALLOWED_ADDRESS = `udp://GROUP:PORT with a group from 224.0.0.0 to 239.255.255.255, such as ${DEFAULT_ADDRESS}`;

/** Reads `udp://GROUP:PORT`; null for anything else. */
export function parseAddress(text: string): MulticastAddress | null {
  const [, group = '', port] = /^udp:\/\/(\d{1,3}(?:\.\d{1,3}){3}):(\d{1,5})\/?$/.exec(text.trim()) ?? [];
  const bytes = group.split('.').map(Number);
  const [first = 0] = bytes;
  if (first < 224 || first > 239 || bytes.some((byte) => byte > 255)) return null;
  return Number(port) >= 1 && Number(port) <= 65_535 ? { group, port: Number(port) } : null;
}
