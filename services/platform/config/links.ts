import { z } from 'zod';
import { findLinkFault, type OutsideLink } from '#core/outside-link.ts';

/** Buttons that open a study in another system (docs/integration.md). */
export const links = z
  .array(z.strictObject({ name: z.string().trim().min(1).max(24), url: z.string().max(1_000) }))
  .max(4)
  .default([]);

/** Schemes beside https and http that a program of the reader's computer answers to, such as `mypacs`. */
export const linkSchemes = z
  .array(z.string().regex(/^[a-z][a-z0-9+.-]{1,30}$/, 'a scheme in small letters, without a colon'))
  .default([]);

export function checkLinks(config: {
  readonly links: readonly OutsideLink[];
  readonly linkSchemes: readonly string[];
}): string[] {
  const faults = config.links.flatMap((link) => {
    const fault = findLinkFault(link, config.linkSchemes);
    return fault === null ? [] : [`links: ${link.name}: ${fault}`];
  });
  const names = config.links.map(({ name }) => name);
  if (new Set(names).size < names.length) faults.push('links: two of one name');
  return faults;
}
