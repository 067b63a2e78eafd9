import { isIP } from 'node:net';
import { z } from 'zod';

/** An address, or a network as address/bits. */
export const network = z.string().refine((text) => {
  const [address = '', bits, ...more] = text.split('/');
  const longest = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  const length = bits === undefined ? longest : /^\d{1,3}$/.test(bits) ? Number(bits) : 999;
  return more.length === 0 && longest >= 0 && length <= longest;
}, 'an IP address, or a network such as 10.1.0.0/16');
