import { NotificationRules } from './notification-rules.tsx';
import { NotificationTable } from './notification-table.tsx';

/** Who is told of results, and what became of it. */
export function NotificationsView() {
  return (
    <>
      <NotificationRules />
      <NotificationTable />
    </>
  );
}
