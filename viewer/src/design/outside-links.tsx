import { fillLink, isWebLink, type LinkedStudy, type OutsideLink } from '#core/outside-link.ts';
import { useSession } from '../session/session-context.tsx';
import { LINKS_TEXT as T } from './links-text.ts';
import { Button } from './ui.tsx';

function OutsideButton({ link, study }: { link: OutsideLink; study: LinkedStudy }) {
  const address = fillLink(link, study);
  if (address === null) {
    return (
      <Button size="small" disabled title={T.impossible(link.name)}>
        {link.name} ↗
      </Button>
    );
  }
  // A program is started from this page: a new window would stay empty.
  const inWindow = isWebLink(link);
  const title = inWindow ? T.newWindow(link.name) : T.program(link.name);
  return (
    <a
      className="button"
      data-kind="plain"
      data-size="small"
      href={address}
      {...(inWindow ? { target: '_blank' } : {})}
      rel="noopener noreferrer"
      referrerPolicy="no-referrer"
      title={title}
    >
      {link.name} ↗
    </a>
  );
}

/** The site's other systems, each with this very study; nothing where the site has none. */
export function OutsideLinks({ study }: { readonly study: LinkedStudy }) {
  const { links } = useSession().site;
  if (links.length === 0) return null;
  return (
    <nav className="outside-links" aria-label={T.group} data-testid="outside-links">
      {links.map((link) => (
        <OutsideButton key={link.name} link={link} study={study} />
      ))}
    </nav>
  );
}
