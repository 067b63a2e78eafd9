import type { ComponentType } from 'react';
import { Link } from 'wouter';
import { DestinationsView } from './destinations-view.tsx';
import { ModelsView } from './models-view.tsx';
import { NotificationsView } from './notifications-view.tsx';
import { Overview } from './overview.tsx';
import { ReceivingView } from './receiving-view.tsx';
import { SITE_TEXT } from './site-text.ts';
import { StorageView } from './storage-view.tsx';
import { StudiesView } from './studies-view.tsx';
import { ADMINISTRATION_TEXT as T } from './text.ts';
import './administration.css';

interface View {
  /** Last part of the address; the first view has none. */
  readonly key: string;
  readonly name: string;
  readonly Panels: ComponentType;
}

const RECEIVING: View = { key: '', name: SITE_TEXT.receiving, Panels: ReceivingView };
const VIEWS: readonly View[] = [
  RECEIVING,
  { key: 'studies', name: SITE_TEXT.studies, Panels: StudiesView },
  { key: 'storage', name: SITE_TEXT.storage, Panels: StorageView },
  { key: 'destinations', name: SITE_TEXT.destinations, Panels: DestinationsView },
  { key: 'notifications', name: SITE_TEXT.notifications, Panels: NotificationsView },
  { key: 'models', name: SITE_TEXT.models, Panels: ModelsView },
];

export default function AdministrationPage({ view }: { readonly view: string }) {
  const shown = VIEWS.find(({ key }) => key === view) ?? RECEIVING;
  return (
    <div className="page-scroll">
      <div className="page" data-testid="administration-page" data-view={shown.key}>
        <h1>{T.title}</h1>
        <Overview />
        <nav className="views" aria-label={SITE_TEXT.views}>
          {VIEWS.map(({ key, name }) => (
            <Link
              key={key}
              href={key === '' ? '/administration' : `/administration/${key}`}
              className="view-link"
              aria-current={key === shown.key ? 'page' : undefined}
            >
              {name}
            </Link>
          ))}
        </nav>
        <shown.Panels />
      </div>
    </div>
  );
}
