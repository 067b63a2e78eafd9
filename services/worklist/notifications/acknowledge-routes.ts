import { z } from 'zod';
import { acknowledgementSchema } from '#contracts/notifications.ts';
import { notifyChange } from '#platform/database/changes.ts';
import type { Principal } from '#platform/http/principal.ts';
import { jsonRoute, type Route } from '#platform/http/route.ts';
import { acknowledgeSent } from '#platform/notifications/acknowledge.ts';
import { readStudyNotifications } from '#platform/notifications/read-notifications.ts';
import type { WebContext } from '../context.ts';
import { changeStudy } from '../study/reading.ts';
import { refuseWithheld, sightOf } from '../study/sight.ts';
import { studyParams } from '../study/study-params.ts';
import { toStudyNotification } from './study-notifications.ts';

function acknowledge(context: WebContext, studyInstanceUid: string, principal: Principal) {
  const { name: reader } = principal;
  return changeStudy(context.database, studyInstanceUid, async (transaction, { studyKey }) => {
    await refuseWithheld(transaction, sightOf(context.config, principal), studyInstanceUid);
    const now = new Date();
    const done = await acknowledgeSent(transaction, studyKey, { reader, now });
    if (done.length > 0) await notifyChange(transaction, studyInstanceUid);
    const rows = await readStudyNotifications(transaction, [studyKey]);
    const details = {
      rules: done.map(({ rule }) => rule),
      notifications: done.map(({ notificationKey }) => notificationKey),
    };
    const answer = { acknowledged: done.length, notifications: rows.map(toStudyNotification) };
    return [answer, { actor: reader, action: 'notification.acknowledged', details }];
  });
}

/** What a radiologist says to a notification. */
export function acknowledgeRoutes(context: WebContext): Route[] {
  return [
    jsonRoute(
      {
        method: 'POST',
        path: '/api/studies/:uid/notifications/acknowledge',
        access: ['radiologist'],
        summary: 'Acknowledge what was sent about this study, as a radiologist',
        input: z.object({ params: studyParams }),
        response: acknowledgementSchema,
      },
      async ({ params }, { principal }) => acknowledge(context, params.uid, principal),
    ),
  ];
}
